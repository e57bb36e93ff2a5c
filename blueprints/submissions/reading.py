"""One submission, read: its pages and files as they were, who reads it, the result, and the talk."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import icon_of, space_title
from blueprints.coaching import pane_again, result_went
from blueprints.comments import comment_on, comments_alone, talk_of, with_marks
from blueprints.doors import actor
from blueprints.face import safe_path, size_words, wants_fragment
from blueprints.giving import download
from blueprints.once import guarded
from blueprints.submissions.frame import bp, due_words, fault_of, result_choices, state_badge
from community.errors import Conflict, Invalid, NotFound
from community.files.media_types import INLINE, served_as
from community.kinds import ref_of
from community.markup import stored
from community.notifications.reading import mark_read_about
from community.people.queries import person_for
from community.permissions import may
from community.spaces.queries import members_of
from community.submissions.actions import (
    MAX_NOTE,
    assign_submission,
    drop_result,
    give_result,
    recall_result,
    release_results,
    withdraw_submission,
)
from community.submissions.freezing import copy_address
from community.submissions.models import Submission, SubmissionItem
from community.submissions.queries import (
    attempts_of,
    guides_of,
    held_results,
    item_for,
    items_of,
    latest_beside,
    milestone_of,
    named_readers,
    results_of,
    submission_for,
)
from community.wiki.links import with_links


@bp.get("/submissions/<int:number>")
def submission(number: int) -> str:
    """What was handed in; `?page=` one of its pages, `?leaf=` the one at that place."""
    return _shown(submission_for(actor(), number))


def _shown(
    found: Submission, *, draft: str = "", error: str = "", held: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> str:  # fmt: skip
    who = actor()
    items = items_of(who, found)
    pages = [item for item in items if item.kind == "page"]
    page = _open(found, pages)
    words = _words(page, found) if page is not None else Markup()
    leaf = page.position if page is not None and page.audience != "coach" else 0
    alone = comments_alone(found, html=words, leaf=leaf)
    if alone is not None:
        return alone
    mark_read_about(who, "submission", found.id)
    talk = talk_of(found, draft=draft, error=error, leaf=leaf)
    attempts = attempts_of(who, found)
    results = results_of(who, attempts)
    result = results.get(found.id)
    assesses = may(who, "assess", found)
    released = result is not None and result.released_at is not None
    return render_template(
        "submissions/submission.html",
        submission=found,
        url=url_of(found),
        milestone=milestone_of(found),
        due=due_words(milestone_of(found).due_at),
        badge=state_badge(found.state),
        pages=pages,
        page=page,
        words=with_marks(words, talk) if leaf else words,
        note=stored(found.body_html),
        said=stored(result.body_html) if result is not None else "",
        files=[_file_row(item) for item in items if item.kind == "file"],
        attempts=[(one, state_badge(one.state), results.get(one.id)) for one in attempts],
        result=result,
        released=released,
        result_badge=state_badge(result.result) if result is not None else None,
        mine=result is not None and result.author_id == who.id,
        may_recall=released and found.latest and assesses and result is not None and result.author_id == who.id,
        may_answer=assesses and found.waits and (result is None or result.author_id == who.id),
        assesses=assesses,
        guides=guides_of([found.space_id]).get(found.space_id, []) if assesses else [],
        may_withdraw=found.waits and may(who, "withdraw", found),
        again=_again(found),
        beside=latest_beside(who, found),
        choices=result_choices(),
        held=held or _held(result),
        errors=errors or {},
        most=MAX_NOTE,
        readers=_readers(found),
        team=space_title(found.space),
        team_url=space_url(found.space.slug, "submissions") if found.space_id in who.roles else "",
        talk=talk,
        place="coaching" if assesses else "team",
    )


def _open(found: Submission, pages: list[SubmissionItem]) -> SubmissionItem | None:
    """The page of a copy that is read: the one that was asked for, by its number or its leaf, else the first."""
    wanted, leaf = request.args.get("page", type=int), request.values.get("leaf", type=int)
    asked = next((item for item in pages if item.id == wanted or item.position == leaf), None)
    asked = asked or (pages[0] if pages else None)
    return item_for(actor(), found, asked.id) if asked is not None else None


def _words(item: SubmissionItem, found: Submission) -> Markup:
    """The kept HTML of a page, its links to pages outside the copy painted for this reader."""
    return (
        with_links(actor(), found.space, item.body_html) if found.space_id in actor().roles else stored(item.body_html)
    )


def _held(result: Any) -> dict[str, str]:
    if result is None:
        return {"result": "", "comment": ""}
    return {"result": result.result, "comment": result.body}


def _again(found: Submission) -> str:
    """Where the team hands in again, "" where it cannot."""
    if not found.latest or found.state not in ("revise", "not_yet", "withdrawn") or not may(actor(), "withdraw", found):
        return ""
    if milestone_of(found).cancelled_at is not None:
        return ""
    return space_url(found.space.slug, "submissions", found.milestone_id, "hand-in")


def _file_row(item: SubmissionItem) -> dict[str, Any]:
    return {
        "name": item.title,
        "url": copy_address(item),
        "icon": icon_of(item.media_type),
        "size": size_words(item.size),
        "picture": served_as(item.media_type, item.title)[0] in INLINE,
        "private": item.audience == "coach",
    }


def _readers(found: Submission) -> list[tuple[str, str]]:
    """Who reads it, as pairs of strong and plain words."""
    who, lines = actor(), []
    if found.space_id in who.roles:
        members = members_of(who, found.space)
        count = sum(member.role in ("member", "alumnus") for member in members)
        words = ngettext("%(num)d person", "%(num)d people", count)
        lines.append((words, _("of %(space)s", space=space_title(found.space))))
        lines += [(member.person.name, _("coach here")) for member in members if member.role == "coach"]
        lines += [
            (member.person.name, _("who runs the programme"))
            for member in members
            if member.role in ("owner", "facilitator")
        ]
    else:
        lines.append((space_title(found.space), _("its members, its coaches, and who runs the programme")))
    return lines + [(person.name, _("sponsor, from outside the team")) for person in named_readers(found)]


@bp.get("/submissions/<int:number>/files/<int:item>/<name>")
def copied_file(number: int, item: int, name: str) -> Response:
    """The bytes of a file or picture as they were."""
    found = item_for(actor(), submission_for(actor(), number), item)
    if found.kind == "page" or name != found.title:
        raise NotFound()
    return download(found)


@bp.post("/submissions/<int:number>/comments")
def comment(number: int) -> Response | tuple[str, int]:
    """Say something about what was handed in."""
    return comment_on(lambda: submission_for(actor(), number), _shown)


@bp.get("/submissions/<int:number>/withdraw")
def withdraw_form(number: int) -> str:
    """Ask before it is taken back."""
    found = submission_for(actor(), number)
    if not may(actor(), "withdraw", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Take “%(title)s” back?", title=found.title),
        words=_("It stays to be read, marked as taken back, and waits for no result any more. You can hand in again."),
        yes=_("Take it back"),
        no=_("Leave it"),
        back=url_of(found),
    )


@bp.post("/submissions/<int:number>/withdraw")
def withdraw(number: int) -> Response:
    """Take it back."""
    found = submission_for(actor(), number)
    try:
        withdraw_submission(actor(), found)
        flash(_("Taken back."), "message")
    except Conflict as fault:
        flash(fault_of(fault)["whole"], "warn")
    return redirect(f"/submissions/{number}", 303)


@bp.post("/submissions/<int:number>/assign")
def assign(number: int) -> Response:
    """Say who looks at it."""
    found = submission_for(actor(), number)
    handle = request.form.get("handle", "")
    try:
        assign_submission(actor(), found, person_for(actor(), handle) if handle else None)
        flash(_("Saved."), "message")
    except (Invalid, Conflict) as fault:
        flash(next(iter(fault_of(fault).values())), "warn")
    return redirect(safe_path(request.form.get("next"), f"/submissions/{number}"), 303)


@bp.post("/submissions/<int:number>/result")
def result(number: int) -> Response | str | tuple[str, int]:
    """Give a result (`give`), hold it (`hold`), throw a held one away (`drop`), or recall one (`recall`). The inbox asks for the
    part alone.
    """
    found = submission_for(actor(), number)
    form, do = request.form, request.form.get("do", "give")
    words, undo = "", ""
    held = {"result": form.get("result", ""), "comment": form.get("comment", "")}
    try:
        if do == "recall":
            recall_result(actor(), found)
            words = _("Recalled. Only who guides the team sees it now.")
        elif do == "drop":
            drop_result(actor(), found)
            words = _("Thrown away.")
        else:
            guarded(
                lambda: give_result(actor(), found, hold=do == "hold", result=held["result"], comment=held["comment"])
            )
            words = _("Held. The team does not see it yet.") if do == "hold" else _("The team has its result.")
            undo = "" if do == "hold" else "recall"
    except (Invalid, Conflict) as fault:
        if wants_fragment():
            again = submission_for(actor(), number)
            return pane_again(again, held_result=held, result_errors=fault_of(fault)), 422
        status = 409 if isinstance(fault, Conflict) else 422
        return _shown(submission_for(actor(), number), held=held, errors=fault_of(fault)), status
    if wants_fragment():
        return result_went(words, ref_of(found), undo, stays=do == "hold")
    flash(words, "message")
    return redirect(safe_path(form.get("next"), f"/submissions/{number}#result"), 303)


@bp.post("/submissions/release")
def release() -> Response:
    """Tell the teams every result that is held back, at once."""
    try:
        count = release_results(actor(), held_results(actor()))
        flash(ngettext("%(num)d result is told.", "%(num)d results are told.", count), "message")
    except Conflict as fault:
        flash(fault_of(fault)["whole"], "warn")
    return redirect("/submissions", 303)
