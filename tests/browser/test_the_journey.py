"""The main job, from beginning to end: a programme file goes in, people live through it, and somebody may still read at the end.

One long test, told in chapters, over a site where nobody was before. Every page that somebody opens is looked at by axe.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.house import PHONE, People, Visitor
from tests.processes.house import until
from tests.servers import ROOT

PROGRAMME = ROOT / "examples" / "leading-change-2026.toml"
ROSTER = ROOT / "examples" / "leading-change-2026-roster.csv"
SECRET = "vier maanden over water praten"
DAY = re.compile(r"\d{4}-\d\d-\d\d")
TEAM = "Team Noorderlicht"
SAW = "Overheard at the pump: nobody reads the kraanvogel form"
REPORT = "kraanvogel-interviews.csv"


@dataclass
class Cast:
    """Who takes part, each at a browser that stays open."""

    rik: Visitor
    pieter_jan: Visitor
    fatma: Visitor  # a phone, in the dark, in Dutch
    samir: Visitor  # a laptop, in Dutch
    noor: Visitor
    anna: Visitor  # in English
    joost: Visitor  # of another team
    dev: Visitor  # of no team


def test_a_programme_runs_from_its_file_to_its_alumni(newcomers: People, tmp_path: Path) -> None:
    imports_the_programme(newcomers, tmp_path)
    cast = everybody_joins(newcomers)
    fatma_introduces_herself(cast)
    the_facilitator_starts_campus(cast)
    the_team_writes_and_uploads(cast)
    the_coach_responds_and_the_team_hears_of_it(cast)
    search_finds_it_for_those_who_may(cast)
    the_programme_ends_and_an_alumna_still_reads(cast)


def moved_to_now(text: str) -> str:
    """The programme with all its dates moved, so that today is in the middle of pre-campus: what Pieter-Jan does with an editor."""
    first = tomllib.loads(text)["phase"][0]
    today = datetime.now(UTC).astimezone(ZoneInfo("Europe/Amsterdam")).date()
    by = today - (first["starts"] + (first["ends"] - first["starts"]) / 2)
    return DAY.sub(lambda found: str(date.fromisoformat(found[0]) + timedelta(days=by.days)), text)


def imports_the_programme(newcomers: People, tmp_path: Path) -> None:
    """Pieter-Jan changes the example, sees a fault with its line, mends it, and imports it twice."""
    site = newcomers.site
    text = moved_to_now(PROGRAMME.read_text())
    mine = tmp_path / "mine.toml"
    mine.write_text(text.replace('question = "first-useful-answer"', 'question = "first-answer"', 1))
    words = ("programme", "import", str(mine), "--roster", str(ROSTER))
    with pytest.raises(subprocess.CalledProcessError) as refused:
        site.flask(*words, "--check")
    line = next(n for n, said in enumerate(mine.read_text().splitlines(), 1) if '"first-answer"' in said)
    assert f"mine.toml, line {line}:" in refused.value.stderr
    mine.write_text(text)
    assert "7 teams created" in site.flask(*words)
    assert "Nothing to do" in site.flask(*words)
    site.flask(
        "users", "create", "rik@waterland.example", "--name", "Rik", "--role", "administrator", "--password", SECRET
    )


def everybody_joins(newcomers: People) -> Cast:
    """Rik invites; each opens the link of a letter and sets a password. Fatma also says who she is."""
    site = newcomers.site
    rik = newcomers.somebody()
    rik.go("/login")
    rik.look("login")
    rik.sign_in("rik@waterland.example", SECRET)
    rik.go("/admin/invite")
    addresses = {
        "pieter_jan": ("pieter-jan.hoekstra", {}),
        "fatma": ("fatma.yildirim", {**PHONE, "color_scheme": "dark"}),
        "samir": ("samir.elidrissi", {}),
        "noor": ("noor.vandervelden", {}),
        "anna": ("anna.dewit", {}),
        "joost": ("joost.wiersma", {"color_scheme": "dark"}),
    }
    pasted = "\n".join(f"{name}@waterland.example" for name, _ in addresses.values())
    rik.field("Whom do you invite?").fill(pasted + "\nDev Anand <dev@waterland.example>")
    rik.look("invite")
    rik.button("Send the letters").click()
    expect(rik.page.locator(".toast")).to_contain_text("7 letters are on their way.")
    rik.look("administration")
    found = {"rik": rik}
    for name, (address, options) in {**addresses, "dev": ("dev", {})}.items():
        language = "en" if name in ("anna", "dev") else "nl"
        found[name] = newcomers.somebody(language, **options)
        letter = site.letter_to(f"{address}@waterland.example")
        body = letter.get_body(("plain",))
        assert body is not None
        link = re.search(r"http://\S+/join/\S+", body.get_content())
        assert link and link[0].startswith(site.address)
        joins(found[name], link[0], fully=name == "fatma")
    return Cast(**found)


def joins(person: Visitor, link: str, *, fully: bool) -> None:
    """From the letter to home."""
    person.go(link)
    if fully:
        person.expects("422")
        person.button("Join").click()
        expect(person.field("Password")).to_have_attribute("aria-invalid", "true")
        person.field("What you do").fill("Planner, nachtdienst")
        person.field("Where you work").fill("Vlissingen")
        person.field("What others may ask you about").fill("wachtlijst, Turks")
        photo = BytesIO()
        Image.new("RGB", (900, 1200), "#c2700a").save(photo, "JPEG")
        person.field("A picture of you").set_input_files(
            {"name": "ik.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
        )
        person.look("joining")
    person.field("Password").fill(SECRET)
    person.button("Join").click()
    person.page.wait_for_url(re.compile(r":\d+/$"))


def phase_of(person: Visitor) -> Locator:
    return person.page.locator(".phases [aria-current=step]")


def fatma_introduces_herself(cast: Cast) -> None:
    """On her phone she sees who is in her team and posts before campus; Samir, who has the stream open, is told and not moved."""
    fatma, samir, noor = cast.fatma, cast.samir, cast.noor
    expect(fatma.page.get_by_role("heading", level=1)).to_contain_text("Fatma")
    team = fatma.page.get_by_role("region", name=TEAM)
    for mate in ("Samir El Idrissi", "Maximilian-Alexander von Thurn-Wenckebach", "Anna de Wit-Okonkwo"):
        expect(team.get_by_role("link", name=mate)).to_be_visible()
    expect(phase_of(fatma)).to_contain_text("Pre-campus")
    fatma.look("home-pre-campus")
    fatma.go("/settings")
    expect(fatma.field("What you do")).to_have_value("Planner, nachtdienst")
    face = fatma.page.locator("main .avatar img")
    assert face.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    fatma.look("settings")

    samir.go("/spaces/noorderlicht")
    samir.look("stream-empty")
    noor.post("noorderlicht", TEAM, "Wie belt er morgen mee?\n\n" + "Een regel om te lezen.\n\n" * 30)
    samir.page.reload()
    reading = samir.page.locator("article.post").first
    before = reading.bounding_box()
    fatma.post("noorderlicht", TEAM, SAW)
    fatma.look("stream-posted")
    waiting = samir.page.get_by_role("button", name=samir.say("{count} new: show").replace("{count}", "1"))
    expect(waiting).to_be_visible()
    assert reading.bounding_box() == before, "nothing moves under the eye"
    expect(samir.page.locator("article.post")).to_have_count(1)
    samir.look("stream-one-new")
    waiting.click()
    shown = samir.page.locator("article.post").first
    expect(shown).to_contain_text(SAW)
    expect(shown).to_be_focused()
    expect(samir.page.locator("article.post")).to_have_count(2)


def the_facilitator_starts_campus(cast: Cast) -> None:
    """By hand, after reading what it does. Home and the bar change for a member."""
    boss, noor = cast.pieter_jan, cast.noor
    boss.look("home-facilitator")
    boss.link("Phases").click()
    boss.look("phases")
    boss.link("Start %(name)s", name="Campus").click()
    expect(boss.heading("Start %(name)s now?", name="Campus")).to_be_visible()
    expect(boss.page.locator("main")).to_contain_text("56")  # who is told: everybody but himself
    boss.look("phase-preview")
    boss.button("Start %(name)s", name="Campus").click()
    expect(phase_of(boss).first).to_contain_text("Campus")
    noor.go("/")
    expect(phase_of(noor)).to_contain_text("Campus")
    expect(noor.page.locator("main")).to_contain_text(
        noor.say("%(cohort)s is on campus. Write down what you notice while it happens.", cohort="Cohort 14")
    )
    noor.look("home-campus")
    noor.go("/spaces/noorderlicht")
    expect(phase_of(noor)).to_contain_text("Campus")


def the_team_writes_and_uploads(cast: Cast) -> None:
    """Noor a page and a journal entry that her coach may read, Samir a file."""
    noor, samir = cast.noor, cast.samir
    noor.go("/spaces/noorderlicht/wiki")
    noor.look("wiki-empty")
    noor.link("Write the first page").click()
    noor.field("Title").fill("Kraanvogels")
    noor.field("Text").fill(
        "## Wat we hoorden\n\nElf overdrachten, en niemand leest het formulier.\n\n## Daarna\n\nVrijdag."
    )
    noor.look("wiki-writing")
    noor.button("Keep page").click()
    expect(noor.page.get_by_role("heading", name="Kraanvogels", level=1)).to_be_visible()
    noor.look("wiki-page")

    samir.go("/spaces/noorderlicht/files")
    samir.look("files-empty")
    expect(samir.button("Upload")).to_be_visible()
    samir.field("Add files").set_input_files(
        {"name": REPORT, "mimeType": "text/csv", "buffer": b"wie,wat\nplanner,kraanvogel\n"}
    )
    expect(samir.page.locator("[data-listing]").get_by_role("link", name=REPORT)).to_be_visible()
    expect(samir.page.locator("#uploads")).to_be_hidden()
    samir.look("files")

    noor.go("/journal/new")
    noor.field("Title").fill("Wat ik niet durfde te vragen")
    noor.field("Text").fill("Of iemand de kraanvogel ooit gezien heeft.")
    noor.look("journal-writing")
    noor.button("Keep entry").click()
    expect(noor.page.locator(".lockbar")).to_contain_text(noor.say("Only you can read this."))
    noor.look("journal-private")
    noor.link("Share").click()
    noor.field("The coach of %(space)s", space=TEAM).check()
    noor.look("journal-share")
    noor.button("Continue").click()
    expect(noor.heading("Share with your coach?")).to_be_visible()
    noor.look("journal-question")
    noor.page.get_by_role("button", name=re.compile("^(Deel|Share)")).click()
    expect(noor.page.locator(".readbar")).to_contain_text("Anna de Wit-Okonkwo")
    noor.look("journal-shared")


def the_coach_responds_and_the_team_hears_of_it(cast: Cast) -> None:
    """Anna responds to all four: two from her inbox, two where they stand. The whole team
    is told of what the team may read, and Noor alone of her entry."""
    anna, fatma = cast.anna, cast.fatma
    fatma.go("/notifications")
    bell = fatma.page.locator("#bell")
    anna.go("/")
    anna.look("home-coach")
    anna.go("/coaching?tab=new")
    anna.look("coaching")
    for title in ("Kraanvogels", SAW):
        anna.page.locator(".inbox-list").get_by_role("link", name=re.compile(re.escape(title[:30]))).click()
        expect(anna.page.locator(".inbox-list li.on")).to_contain_text(title[:30])
        expect(anna.page.locator(".pane")).to_contain_text(title[:30])
        anna.page.locator(".pane").get_by_role("textbox").fill(f"Whose form is it? I read “{title[:11]}”.")
        anna.look(f"coaching-{title[:3]}")
        anna.button("Send").click()
        expect(anna.page.locator(".toast")).to_contain_text(f"Sent to {TEAM}.")
        expect(anna.page.locator(".inbox-list")).not_to_contain_text(title[:30])
    for address in (f"/spaces/noorderlicht/files/{REPORT}?about", "/journal/shared"):
        anna.go(address)
        if address.endswith("shared"):
            anna.look("journal-shared-with-me")
            anna.link("Wat ik niet durfde te vragen").click()
        anna.page.get_by_role("textbox", name="Your comment").fill("Ask it on Friday. Shall I be there?")
        anna.button("Comment").click()
        expect(anna.page.locator(".comment")).to_contain_text("Shall I be there?")
        anna.look("file" if "files" in address else "entry-for-the-coach")

    fatma.go("/")
    expect(bell).to_have_accessible_name(re.compile(r"\d"))
    fatma.look("home-told")
    for person, things in ((fatma, 3), (cast.samir, 3), (cast.noor, 4)):
        person.go("/notifications")
        said = person.page.locator(".told-line .told-go").filter(
            has_text=person.say("%(who)s, your coach, responds", who="Anna de Wit-Okonkwo")
        )
        expect(said).to_have_count(things)
        person.look(f"notifications-{person.language}-{things}")
    fatma.page.locator(".told-line .told-go").filter(has_text=SAW[:11]).click()
    expect(fatma.page.locator(".comment .prose")).to_contain_text("Whose form is it?")
    fatma.look("post-with-answer")


def search_finds_it_for_those_who_may(cast: Cast) -> None:
    """All four things for Noor, who made or may read them, and for her coach; not one for another team or for an outsider."""
    noor, anna = cast.noor, cast.anna
    things = {"post", "page", "file", "entry"}
    for person in (noor, anna):
        until(lambda person=person: things <= set(hits(person, "kraanvogel")), 20)
    noor.look("search")
    assert set(hits(cast.samir, "kraanvogel")) & things == {"post", "page", "file"}, "her entry is for her coach"
    addresses = sorted(set(hits(noor, "kraanvogel").values()))
    assert len(addresses) >= 4
    for outsider in (cast.joost, cast.dev):
        assert hits(outsider, "kraanvogel") == {}
        expect(outsider.page.locator("main")).to_contain_text(re.compile(r"\b0 "))
        outsider.look("search-nothing")
        outsider.expects("404")
        nothing = outsider.go("/spaces/nowhere").text()
        for address in addresses:
            answer = outsider.go(address)
            assert (answer.status, answer.text()) == (404, nothing), address
        outsider.look("nothing-here")


def hits(person: Visitor, words: str) -> dict[str, str]:
    """The kinds of what a search finds, each with the address of the last of that kind."""
    person.go(f"/search?q={words}")
    found = person.page.locator(".hits h2 a").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    marks = {"/posts/": "post", "/wiki/": "page", "/files/": "file", "/journal/": "entry"}
    return {next((kind for mark, kind in marks.items() if mark in url), "other"): url.split("#")[0] for url in found}


def the_programme_ends_and_an_alumna_still_reads(cast: Cast) -> None:
    """Fatma is typing when Pieter-Jan ends the programme: she may not post any more, keeps her words, and reads everything."""
    boss, fatma = cast.pieter_jan, cast.fatma
    fatma.go("/spaces/noorderlicht")
    box = fatma.field("Write to %(name)s", name=TEAM)
    box.fill("Nog één ding")
    boss.go("/spaces/cohort-14/phases")
    boss.link("Start %(name)s", name="Alumni").click()
    expect(boss.page.locator("main")).to_contain_text(
        boss.say("Members become alumni: they keep reading, and no longer write here.")
    )
    boss.button("Start %(name)s", name="Alumni").click()
    expect(phase_of(boss).first).to_contain_text("Alumni")
    fatma.expects("403")
    with fatma.page.expect_navigation() as going:
        fatma.button("Post").click()
    assert going.value.status == 403
    fatma.look("not-any-more")
    kept = "Object.values(localStorage).some((value) => value.includes('Nog één ding'))"
    assert fatma.page.evaluate(kept), "what she typed is still in her browser"
    fatma.go("/spaces/noorderlicht")
    expect(box).to_be_hidden()
    expect(fatma.page.locator("article.post").first).to_contain_text(SAW)
    fatma.look("stream-alumna")
    fatma.go("/")
    expect(phase_of(fatma)).to_contain_text("Alumni")
    fatma.look("home-alumna")
    assert {"post", "page", "file"} <= set(hits(fatma, "kraanvogel"))
    for address in ("wiki/start", f"files/{REPORT}?about", "members", "about"):
        assert fatma.go(f"/spaces/noorderlicht/{address}").status == 200
        fatma.look(f"alumna-{address.partition('/')[0]}")
