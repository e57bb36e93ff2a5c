"""Handing in without scripts: the team chooses, is told who will read it, sends; the coach answers; the sponsor reads."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from community.clock import now
from community.coaching.queries import marked_by
from community.comments.queries import open_threads
from community.extensions import db
from community.people.actions import update_person
from community.permissions import SYSTEM
from community.submissions.actions import give_result, hand_in, name_sponsor, set_milestone
from community.submissions.models import Submission
from community.submissions.queries import items_of, readers_of
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from tests.community.test_submissions import send_file
from tests.conftest import count_queries, post_form, token_of
from tests.world import World

TEAM = "/spaces/noorderlicht/submissions"


@pytest.fixture(autouse=True)
def all_in_english(world: World) -> None:
    """So that one test reads the pages of several people; the browser's journey reads the Dutch ones."""
    for name in ("noor", "samir", "pieter_jan"):
        update_person(SYSTEM, world.person(name), language="en")


@pytest.fixture
def due(world: World) -> int:
    """A milestone of the cohort that goes to the sponsor too."""
    name_sponsor(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("ingrid"))
    when = now() + timedelta(days=3)
    made = set_milestone(
        world.actor("pieter_jan"), world.space("cohort"), title="Mid review", due_at=when, to_sponsor=True
    )
    return made.id


@pytest.fixture
def page(world: World) -> int:
    """A page of the team."""
    made = create_page(world.actor("noor"), world.space("noorderlicht"), title="Our reading", body="Nobody is slow.")
    return made.id


def handed_in(world: World, due: int, page: int, who: str = "noor") -> Submission:
    from community.submissions.models import Milestone

    team, milestone = world.space("noorderlicht"), db.session.get_one(Milestone, due)
    told = [person.id for person in readers_of(team, milestone).named]
    return hand_in(world.actor(who), team, milestone, pages=[page], told=told)


def test_noor_hands_in_knowing_who_will_read_it(app, as_person, world: World, due: int, page: int) -> None:
    file = send_file(app, world, "samir", "guide.txt", b"Ask them first.")
    noor = as_person("noor")
    html = noor.get(TEAM).text
    assert "Due in 2 days" in html and "the sponsor reads it too" in html
    form = f"{TEAM}/{due}/hand-in"
    nothing = post_form(noor, form, note="Look at the second part.")
    assert nothing.status_code == 422
    assert "Choose at least one page or file." in nothing.text and "Look at the second part." in nothing.text
    look = post_form(noor, form, pages=page, files=file.id, note="Look at **the second** part.")
    assert look.status_code == 200
    for words in (
        "Who will read this",
        "Ingrid Solheim",
        "sponsor, from outside the team",
        "Anna de Wit-Okonkwo",
        "guide.txt",
    ):
        assert words in look.text, words
    assert db.session.query(Submission).count() == 0
    back = noor.post(form, data={"csrf_token": token_of(look.text), "pages": page, "note": "Kept.", "back": "1"})
    assert f'value="{page}" checked' in back.text and "Kept." in back.text
    sent: dict[str, Any] = {
        "csrf_token": token_of(look.text), "pages": page, "files": file.id, "note": "Look at **it**.", "go": "1", "once": "k",
    }  # fmt: skip
    untold = noor.post(form, data=sent)
    assert untold.status_code == 409 and "Who will read this has changed" in untold.text
    sent["told"] = world.person_ids["ingrid"]
    made = noor.post(form, data=sent)
    assert made.status_code == 303
    assert noor.post(form, data=sent).location == made.location  # a double click
    html = noor.get(made.location).text
    for words in ("Nobody is slow.", "Look at <strong>it</strong>.", "Waits for a result", "guide.txt", "attempt 1"):
        assert words in html, words
    copy = re.search(r'href="(/submissions/\d+/files/\d+/guide.txt)"', html)
    assert copy is not None
    assert as_person("ingrid").get(copy[1]).data == b"Ask them first."
    second = post_form(as_person("samir"), TEAM, form, pages=page, told=world.person_ids["ingrid"], go="1")
    assert second.status_code == 409 and "Noor van der Velden handed this in already." in second.text
    for stranger in ("joost", "dev", "gus", "mei_lin", "rik"):
        other = as_person(stranger)
        nothing = other.get("/submissions/987654")
        for address in (made.location, copy[1], f"/submissions/beside?of={made.location.rsplit('/', 1)[1]}"):
            answer = other.get(address)
            assert (answer.status_code, len(answer.data)) == (404, len(nothing.data)), (stranger, address)


def test_anna_says_revise_the_team_goes_on_and_she_compares(as_person, world: World, due: int, page: int) -> None:
    first = handed_in(world, due, page).id
    anna = as_person("anna")
    html = anna.get(f"/submissions/{first}").text
    assert "Your result" in html
    refused = post_form(anna, f"/submissions/{first}", f"/submissions/{first}/result", result="revise", comment="")
    assert refused.status_code == 422 and "Say what is to be done" in refused.text
    held = post_form(
        anna,
        f"/submissions/{first}",
        f"/submissions/{first}/result",
        result="revise",
        comment="Slow for whom?",
        do="hold",
    )
    assert held.status_code == 303
    noor = as_person("noor")
    assert "Slow for whom?" not in noor.get(f"/submissions/{first}").text
    assert "Release 1 held result" in anna.get("/submissions").text
    post_form(anna, "/submissions", "/submissions/release")
    html = noor.get(f"/submissions/{first}").text
    assert "Slow for whom?" in html and "Hand in again" in html
    from community.wiki.models import Page

    edit_page(world.actor("samir"), db.session.get_one(Page, page), body="Nobody is slow at night.", base=1)
    again = noor.get(f"{TEAM}/{due}/hand-in").text
    assert f'value="{page}" checked' in again  # what went before is chosen already
    made = post_form(noor, f"{TEAM}/{due}/hand-in", pages=page, told=world.person_ids["ingrid"], go="1").location
    second = int(made.rsplit("/", 1)[1])
    html = anna.get(made).text
    assert f"of={first}&amp;of={second}" in html
    beside = anna.get(f"/submissions/beside?of={first}&of={second}&only=changes").text
    assert "<ins>" in beside and "at night" in beside
    post_form(anna, made, f"{made}/result", result="ok", comment="Yes.")
    late = post_form(noor, made, f"{made}/withdraw")
    assert late.status_code == 303
    assert "There is a result already" in noor.get(made).text
    assert "OK" in noor.get(TEAM).text


def test_a_result_on_what_was_taken_back_is_refused_and_the_words_are_kept(
    as_person, world: World, due: int, page: int
) -> None:
    number = handed_in(world, due, page).id
    anna, noor = as_person("anna"), as_person("noor")
    token = token_of(anna.get(f"/submissions/{number}").text)
    assert "Take “Mid review” back?" in noor.get(f"/submissions/{number}/withdraw").text
    post_form(noor, f"/submissions/{number}/withdraw")
    sent = {"csrf_token": token, "result": "ok", "comment": "A careful answer."}
    answer = anna.post(f"/submissions/{number}/result", data=sent)
    assert answer.status_code == 409 and "The team took this back meanwhile" in answer.text
    assert "A careful answer." in answer.text


def test_the_table_of_a_coach_and_its_filters(as_person, world: World, due: int, page: int) -> None:
    number = handed_in(world, due, page).id
    anna = as_person("anna")
    html = anna.get("/submissions?only=unassigned").text
    assert f"/submissions/{number}" in html
    moved = post_form(
        anna, "/submissions", f"/submissions/{number}/assign", handle="anna.de-wit-okonkwo", next="/submissions?mine=1"
    )
    assert moved.location == "/submissions?mine=1"
    assert f"/submissions/{number}" in anna.get(moved.location).text
    assert "Nothing fits these filters." in anna.get("/submissions?only=unassigned").text
    assert "Nothing fits these filters." in anna.get(f"/submissions?milestone={due}&only=done").text
    assert as_person("dev").get("/submissions").status_code == 404
    with count_queries() as few:
        anna.get("/submissions")
    for count in range(5):
        milestone = set_milestone(world.actor("pieter_jan"), world.space("cohort"), title=f"Step {count}", due_at=now())
        handed_in(world, milestone.id, page)
    anna.get("/submissions")  # what a process remembers of places is read anew after milestones were made
    with count_queries() as many:
        html = anna.get("/submissions").text
    assert html.count("/assign") == 6
    assert len(many) <= len(few), "\n".join(many)
    with count_queries() as many:
        as_person("pieter_jan").get("/spaces/cohort-14/submissions")
    assert len(many) < 40


def test_who_runs_the_programme_sees_who_is_late_and_reminds_them(as_person, world: World, due: int, page: int) -> None:
    handed_in(world, due, page)
    boss = as_person("pieter_jan")
    place = "/spaces/cohort-14/submissions"
    html = boss.get(place).text
    late = html.split("Without a submission")[1].split("</ul>")[0]
    assert "Getij" in late and "Noorderlicht" not in late
    sent = post_form(boss, place, f"/milestones/{due}/nudge", team=world.space_ids["getij"])
    assert sent.status_code == 303
    html = boss.get(place).text
    assert "1 team is reminded." in html and "All of them were reminded today." in html
    assert "Without a submission" not in as_person("noor").get(place).text
    asked = post_form(boss, f"{place}/new", title="", due_at="2026-06-11T14:00")
    assert asked.status_code == 422 and "Give it a title" in asked.text
    made = post_form(boss, f"{place}/new", title="Final", due_at="2026-09-03T12:00", description="Three pages.")
    assert made.status_code == 303
    changed = post_form(boss, f"/milestones/{due}/edit", title="Half way", due_at="2026-06-12T14:00", to_sponsor="1")
    assert changed.status_code == 303
    assert "Half way" in boss.get(place).text
    post_form(boss, f"/milestones/{due}/cancel")
    assert "Half way" not in boss.get(place).text
    assert as_person("noor").get(f"{place}/new").status_code == 403
    assert as_person("noor").get(f"/milestones/{due}").location.startswith(TEAM)


def test_the_sponsor_reads_milestones_side_by_side_behind_one_link(
    as_person, world: World, due: int, page: int
) -> None:
    from community.wiki.models import Page

    numbers = []
    boss = world.actor("pieter_jan")
    for count, (title, body) in enumerate(
        (("Draft", "Nobody is slow."), ("Half way", "Nobody is slow at night."), ("Final", "Everybody waits at night."))
    ):
        if count:
            edit_page(world.actor("noor"), db.session.get_one(Page, page), body=body, base=count)
        step = set_milestone(boss, world.space("cohort"), title=title, due_at=now(), to_sponsor=True)
        made = handed_in(world, step.id, page)
        give_result(world.actor("anna"), made, result="ok")
        numbers.append(made.id)
    ingrid = as_person("ingrid")
    table = ingrid.get("/submissions").text
    assert all(f'href="/submissions/{number}"' in table for number in numbers)
    html = ingrid.get(f"/submissions/{numbers[0]}").text
    link = re.search(r'href="(/submissions/beside\?[^"]*)">[^<]*<svg.*?</svg>Milestones side by side', html)
    assert link is not None
    beside = ingrid.get(link[1].replace("&amp;", "&")).text
    assert beside.index("Draft") < beside.index("Half way") < beside.index("Final")
    cells = re.findall(r"<td>(.*?)</td>", beside)
    assert len(cells) >= 3 and "<ins>" in "".join(cells)
    said = post_form(ingrid, f"/submissions/{numbers[2]}", f"/submissions/{numbers[2]}/comments", body="Who pays?")
    assert said.status_code == 303
    assert "Who pays?" in as_person("noor").get(f"/submissions/{numbers[2]}").text
    listed = ingrid.get("/submissions").text
    assert "Who looks at it" not in listed and "Nobody looks yet" not in listed


def test_naming_a_sponsor_is_for_the_staff_and_among_guests(as_person, world: World) -> None:
    boss = as_person("pieter_jan")
    html = boss.get(TEAM).text
    assert "Ingrid Solheim" in html
    assert post_form(boss, TEAM, f"{TEAM}/sponsors", handle="dev.anand").status_code == 422
    assert post_form(boss, TEAM, f"{TEAM}/sponsors", handle="ingrid.solheim").status_code == 303
    assert "No longer" in boss.get(TEAM).text
    assert post_form(boss, TEAM, f"{TEAM}/sponsors", handle="ingrid.solheim", do="release").status_code == 303
    noor = as_person("noor")
    assert noor.post(f"{TEAM}/sponsors", data={"csrf_token": token_of(noor.get(TEAM).text)}).status_code == 403


def test_it_waits_in_the_inbox_of_the_coach_until_there_is_a_result(
    as_person, world: World, due: int, page: int
) -> None:
    number = handed_in(world, due, page).id
    anna = as_person("anna")
    html = anna.get("/coaching").text
    assert f"at=submission%3A{number}" in html or f"at=submission:{number}" in html
    pane = anna.get(f"/coaching?at=submission:{number}").text
    for words in ("Mid review", "Nobody is slow.", "Give a result", "attempt 1"):
        assert words in pane, words
    answer = post_form(
        anna,
        f"/coaching?at=submission:{number}",
        f"/submissions/{number}/result",
        result="ok",
        do="give",
        next="/coaching",
    )
    assert (answer.status_code, answer.location) == (303, "/coaching")
    assert f"submission:{number}" not in anna.get("/coaching").text
    assert "/coaching" not in as_person("ingrid").get(f"/submissions/{number}").text.split("<main")[1]


def test_a_coach_comments_on_words_of_the_frozen_copy_and_they_stay_where_they_stood(
    as_person, world: World, due: int, page: int, catch_up
) -> None:
    from community.submissions.models import Milestone

    noor, team = world.actor("noor"), world.space("noorderlicht")
    twin = create_page(noor, team, title="Second", body="We wait.\n\nNobody is slow.").id
    secret = create_page(noor, team, title="To Anna", body="Nobody is slow, kanarievogel.", audience="coach").id
    milestone = db.session.get_one(Milestone, due)
    told = [person.id for person in readers_of(team, milestone).named]
    made = hand_in(noor, team, milestone, pages=[page, twin, secret], told=told)
    number, leaves = made.id, {item.title: item.position for item in items_of(noor, made)}
    url = f"/submissions/{number}"
    anna, samir = as_person("anna"), as_person("samir")

    def comment(who, quote: str, leaf: int | str = "", **more: str):
        return post_form(who, url, f"{url}/comments", quote=quote, words="1", leaf=leaf, body="For whom?", **more)

    second = anna.get(f"{url}?leaf={leaves['Second']}").text
    assert f'name="leaf" value="{leaves["Second"]}"' in second and "js/margin.js" in second
    assert 'name="leaf"' not in anna.get(f"{url}?leaf={leaves['To Anna']}").text  # its words would be told to all
    assert (
        comment(anna, "kanarievogel").status_code == comment(anna, "kanarievogel", leaves["To Anna"]).status_code == 422
    )
    assert "more than once" in comment(anna, "Nobody is slow.").text  # it stands on two pages
    refused = comment(anna, "no such words", leaves["Second"])
    assert refused.status_code == 422 and "We wait." in refused.text
    assert comment(anna, "Nobody is slow.", leaves["Second"], purpose="must_answer").status_code == 303
    edit_page(noor, db.session.get_one(Page, twin), body="Everything else.", base=1)
    catch_up()
    first, second = (samir.get(f"{url}?leaf={leaves[title]}").text for title in ("Our reading", "Second"))
    assert 'class="anchor must"' in second and 'class="anchor' not in first
    assert "Text changed" not in first + second
    assert f'href="{url}?leaf={leaves["Second"]}#a' in first
    fragment = samir.get(f"{url}?leaf={leaves['Second']}&part=words", headers={"X-Fragment": "1"}).text
    assert 'class="anchor must"' in fragment and "<main" not in fragment
    (thread,) = open_threads(world.actor("anna"), [made.space_id])
    assert (thread.anchor.revision, thread.anchor.orphaned_at) == (leaves["Second"], None)
    marked = marked_by(made, thread)
    assert marked is not None and not marked.gone and marked.words == "Nobody is slow."
    assert "Put it in" not in anna.get(url).text


def test_a_result_is_given_in_the_inbox_without_a_reload_and_taken_back(
    as_person, world: World, due: int, page: int
) -> None:
    number = handed_in(world, due, page).id
    anna = as_person("anna")
    token = token_of(anna.get("/coaching").text)

    def send(**fields: str) -> Any:
        data = {"csrf_token": token, "ref": f"submission:{number}", **fields}
        return anna.post(f"/submissions/{number}/result", data=data, headers={"X-Fragment": "1"})

    refused = send(do="give", result="revise", comment=" ")
    assert refused.status_code == 422 and refused.text.lstrip().startswith("<article")
    assert "Say what is to be done" in refused.text and "<details" in refused.text
    assert 'value="revise" checked' in refused.text and 'handed-result" open' in refused.text
    held = send(do="hold", result="revise", comment="Slow for whom?").text
    assert "data-stays" in held and f'data-ref="submission:{number}"' in held
    went = send(do="give", result="revise", comment="Slow for whom?").text
    assert 'id="went"' in went and 'data-undo="recall"' in went and "The team has its result." in went
    assert f"submission:{number}" not in anna.get("/coaching").text
    assert 'data-undo=""' in send(do="recall").text
    assert f"submission:{number}" in anna.get("/coaching").text
