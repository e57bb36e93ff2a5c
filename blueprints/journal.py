"""The journal: writing for oneself first, and choosing afterwards who else may read it. Wider asks; narrower works at once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import person_row, space_title
from blueprints.comments import comment_on, comments_alone, talk_of, with_marks
from blueprints.doors import actor
from blueprints.language import language
from blueprints.mishaps import said
from blueprints.once import guarded
from blueprints.who import readers
from community.errors import Conflict, Invalid, NotFound
from community.journal.actions import delete_entry, edit_entry, share_entry, write_entry
from community.journal.models import Entry
from community.journal.queries import (
    count_of_mine,
    entries_shared_with,
    entry_for,
    is_wider,
    my_entries,
    people_by_handle,
    people_named,
    people_near,
    readers_of,
)
from community.markup import clean_text, stored
from community.notifications.reading import mark_read_about
from community.permissions import may
from community.programme.models import Prompt
from community.programme.queries import open_prompts, prompt_for
from community.spaces.models import Space
from community.spaces.queries import my_spaces
from community.wiki.diff import compare, folded

bp = Blueprint("journal", __name__)

Choice = tuple[str, str]


# ---- who can read ---------------------------------------------------------------------------------------------------


def choices() -> list[Choice]:
    """Whom the reader may let read along, narrowest first: `only_me`, `coach:12`, `space:12`, `organisation`."""
    found = [("only_me", _("Only me"))]
    places = [space for space in my_spaces(actor()) if not space.is_archived]
    for space in places:
        if space.kind == "team":
            found.append((f"coach:{space.id}", _("The coach of %(space)s", space=space_title(space))))
    found += [(f"space:{space.id}", space_title(space)) for space in places]
    if actor().site_role != "guest":
        found.append(("organisation", _("Everyone here")))
    return found


def chosen_of(entry: Entry) -> str:
    """The choice that an entry stands for."""
    return f"{entry.audience}:{entry.space_id}" if entry.audience in ("coach", "space") else entry.audience


def read_choice(value: str) -> tuple[str, Space | None]:
    """The audience and the space of a choice. A space that is not the reader's own is no space."""
    audience, _colon, number = value.partition(":")
    spaces = {str(space.id): space for space in my_spaces(actor())}
    return audience, spaces.get(number)


# ---- reading --------------------------------------------------------------------------------------------------------


def _list(**more: Any) -> dict[str, Any]:
    """The list of my entries at the side."""
    page = my_entries(actor(), before=request.args.get("before", type=int))
    return {
        "entries": page.items,
        "older": page.next,
        "count": count_of_mine(actor()),
        "place": "journal",
        **more,
    }


@bp.get("/journal")
def index() -> str:
    """My entries, and an empty page with the question that waits."""
    return _write(None)


@bp.get("/journal/new")
def new() -> str:
    """An empty page; `?prompt=12` brings the question along."""
    number = request.args.get("prompt", type=int)
    return _write(prompt_for(actor(), number) if number is not None else None, focus=True)


def _write(prompt: Prompt | None, *, fault: Invalid | None = None, focus: bool = False, **held: str) -> str:
    waiting = open_prompts(actor())
    if prompt is None and not focus and waiting and fault is None:
        prompt = waiting[0]
    held_choices = choices()
    return render_template(
        "journal/write.html",
        prompt=prompt,
        question=prompt.text(language()) if prompt is not None else "",
        others=[other for other in waiting if prompt is None or other.id != prompt.id],
        language_code=language(),
        choices=held_choices,
        chosen=held.get("audience") or _start(prompt, held_choices),
        held=held,
        wrong=fault.field if fault else "",
        sentence=said(fault) if fault else "",
        **_list(),
    )


def _start(prompt: Prompt | None, offered: list[Choice]) -> str:
    """What an entry starts with: only me, unless a question is meant for others and the reader may choose them."""
    if prompt is None:
        return "only_me"
    wanted = f"{prompt.audience}:{prompt.space_id}" if prompt.audience == "space" else prompt.audience
    return next((value for value, _words in offered if value == wanted or value.startswith(f"{wanted}:")), "only_me")


@bp.post("/journal")
def write() -> Response | tuple[str, int]:
    """Keep an entry."""
    form = request.form
    number = form.get("prompt", type=int)
    prompt = prompt_for(actor(), number) if number is not None else None
    audience, space = read_choice(form.get("audience") or "only_me")
    try:
        entry = guarded(
            lambda: write_entry(
                actor(),
                title=form.get("title", ""),
                body=form.get("body", ""),
                audience=audience,
                space=space,
                prompt=prompt,
            )
        )
    except Invalid as fault:
        held = {name: form.get(name, "") for name in ("title", "body", "audience")}
        prompt = prompt_for(actor(), number) if number is not None else None
        return _write(prompt, fault=fault, focus=True, **held), 422
    flash(_("Kept. Only you can read it.") if entry.audience == "only_me" else _("Kept."), "message")
    return redirect(url_of(entry), 303)


@bp.get("/journal/shared")
def shared() -> str:
    """What others let me read."""
    page = entries_shared_with(actor(), before=request.args.get("before", type=int))
    return render_template("journal/shared.html", found=page.items, more=page.next, **_list())


@bp.get("/journal/<int:entry_id>")
def entry(entry_id: int) -> str:
    """One entry; `?action=edit` to go on writing."""
    found = entry_for(actor(), entry_id)
    if request.args.get("action") == "edit":
        if not may(actor(), "edit", found):
            abort(403)
        return _edit(found, title=found.title, body=found.body, base=found.version)
    return _entry(found)


def _entry(found: Entry, *, draft: str = "", error: str = "") -> str:
    alone = comments_alone(found, html=stored(found.body_html))
    if alone is not None:
        return alone
    who = actor()
    mark_read_about(who, "entry", found.id)
    named = people_named(who, found)
    mine = found.author_id == who.id
    talk = talk_of(found, draft=draft, error=error)
    return render_template(
        "journal/entry.html",
        entry=found,
        words=with_marks(stored(found.body_html), talk),
        mine=mine,
        author=person_row(found.author),
        readers=readers(found, found.space),
        named=[person.name for person in named],
        question=_question(found),
        talk=talk,
        **_list(),
    )


def _question(found: Entry) -> str:
    """The question that an entry answers, for whoever the question was put to."""
    if found.prompt_id is None or found.author_id != actor().id:
        return ""
    try:
        return prompt_for(actor(), found.prompt_id).text(language())
    except NotFound:
        return ""


# ---- writing on -----------------------------------------------------------------------------------------------------


def _edit(found: Entry, *, title: str, body: str, base: int, fault: Invalid | Conflict | None = None) -> str:
    theirs = fault.theirs if isinstance(fault, Conflict) else None
    return render_template(
        "journal/edit.html",
        entry=found,
        title=title,
        body=body,
        base=base,
        theirs=theirs,
        lines=folded(compare(theirs, clean_text(body))) if theirs is not None else (),
        wrong=fault.field if isinstance(fault, Invalid) else "",
        sentence=said(fault) if fault else "",
        **_list(),
    )


@bp.post("/journal/<int:entry_id>")
def save(entry_id: int) -> Response | tuple[str, int]:
    """Keep the changed words, on the version that the form started from."""
    found, form = entry_for(actor(), entry_id), request.form
    title, body, base = form.get("title", ""), form.get("body", ""), form.get("base", 0, type=int)
    try:
        edit_entry(actor(), found, title=title, body=body, base=base)
    except (Invalid, Conflict) as fault:
        status = 422
        if isinstance(fault, Conflict):
            status, base = 409, fault.base or 0
        return _edit(entry_for(actor(), entry_id), title=title, body=body, base=base, fault=fault), status
    flash(_("Kept."), "message")
    return redirect(url_of(found), 303)


@bp.get("/journal/<int:entry_id>/share")
def share_form(entry_id: int) -> str:
    """Choose who can read an entry."""
    found = entry_for(actor(), entry_id)
    if not may(actor(), "share", found):
        abort(403)
    named = {person.handle for person in people_named(actor(), found)}
    return _share(found, chosen=chosen_of(found), handles=named)


def _share(found: Entry, *, chosen: str, handles: set[str], others: str = "", fault: Invalid | None = None) -> str:
    near = people_near(actor())
    extra = [person for person in people_by_handle(actor(), sorted(handles)) if person not in near]
    return render_template(
        "journal/share.html",
        entry=found,
        choices=[*choices()[:1], ("people", _("People I name")), *choices()[1:]],
        chosen=chosen,
        people=[(person.handle, person.name, person.handle in handles) for person in [*extra, *near]],
        others=others,
        wrong=fault.field if fault else "",
        sentence=said(fault) if fault else "",
        **_list(),
    )


@bp.post("/journal/<int:entry_id>/share")
def share(entry_id: int) -> Response | str | tuple[str, int]:
    """Let others read, or no longer. Wider is asked about once more, with how many will read it."""
    found, form = entry_for(actor(), entry_id), request.form
    chosen, others = form.get("audience") or "", form.get("others", "")
    handles = {*form.getlist("people"), *others.replace(",", " ").split()}
    audience, space = read_choice(chosen)
    people = people_by_handle(actor(), sorted(handles)) if audience == "people" else []
    ids = [person.id for person in people]
    try:
        if audience == "people" and len(ids) < len({handle.lstrip("@").casefold() for handle in handles}):
            raise Invalid("people", _("Choose people whom you can find in the list of people."))
        wider = is_wider(actor(), found, audience=audience, space=space, people=ids)
        valid = audience in ("people", "organisation", "only_me") or space is not None
        if wider and valid and form.get("sure") != "yes" and (ids or audience != "people"):
            return _ask(found, chosen, sorted(person.handle for person in people), audience, space, ids)
        share_entry(actor(), found, audience=audience, space=space, people=ids)
    except Invalid as fault:
        found = entry_for(actor(), entry_id)
        return _share(found, chosen=chosen, handles=set(form.getlist("people")), others=others, fault=fault), 422
    flash(_("Only you can read it now.") if audience == "only_me" else _("Done."), "message")
    return redirect(url_of(found), 303)


def _ask(found: Entry, chosen: str, handles: list[str], audience: str, space: Space | None, people: list[int]) -> str:
    """The question before more people can read."""
    count = readers_of(actor(), audience, space, people)
    if count is None:
        words = _("Every colleague will be able to read these words, with your name.")
        yes = _("Share with everyone")
    else:
        words = ngettext(
            "%(num)d person will be able to read these words, with your name.",
            "%(num)d people will be able to read these words, with your name.",
            count,
        )
        yes = ngettext("Share with %(num)d person", "Share with %(num)d people", count)
    title = {
        "people": _("Share with the people you named?"),
        "coach": _("Share with your coach?"),
        "organisation": _("Share with everyone?"),
    }.get(audience) or _("Share with %(space)s?", space=space_title(space) if space else "")
    return render_template(
        "journal/ask.html",
        entry=found,
        title=title,
        words=words + " " + _("You can narrow it again at any time; it holds at once."),
        yes=yes,
        fields=[("audience", chosen), ("sure", "yes"), *(("people", handle) for handle in handles)],
        place="journal",
    )


@bp.get("/journal/<int:entry_id>/delete")
def delete_form(entry_id: int) -> str:
    """Ask before an entry goes."""
    found = entry_for(actor(), entry_id)
    if not may(actor(), "delete", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete “%(title)s”?", title=found.title),
        words=_("Its comments go with it. This cannot be taken back."),
        yes=_("Delete entry"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/journal/<int:entry_id>/delete")
def delete(entry_id: int) -> Response:
    """Take an entry away."""
    delete_entry(actor(), entry_for(actor(), entry_id))
    flash(_("Deleted."), "message")
    return redirect("/journal", 303)


@bp.post("/journal/<int:entry_id>/comments")
def comment(entry_id: int) -> Response | tuple[str, int]:
    """Say something about an entry."""
    return comment_on(lambda: entry_for(actor(), entry_id), _entry)
