"""Messages: the list of conversations, one of them, a new one; and whom one keeps away."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from werkzeug.wrappers import Response

from blueprints.addresses import picture_url, url_of
from blueprints.cards import person_row
from blueprints.doors import actor
from blueprints.face import wants_fragment
from blueprints.mishaps import said
from blueprints.once import guarded
from blueprints.shapes import MenuItem, MessageCard, TalkRow
from community.activity.outbox import end_for
from community.errors import Invalid, NotFound, _l
from community.journal.queries import people_near
from community.messages.actions import (
    block_person,
    delete_message,
    edit_message,
    leave_conversation,
    remove_from_conversation,
    rename_conversation,
    send_message,
    start_conversation,
    unblock_person,
)
from community.messages.models import MOST_PEOPLE, Conversation, Message
from community.messages.queries import (
    Line,
    conversation_for,
    conversations_of,
    has_blocked,
    message_for,
    messages_of,
    others_in,
    people_blocked_by,
    people_to_write_to,
    talk_with,
)
from community.messages.reading import mark_conversation_read
from community.people.models import Person
from community.people.queries import person_for
from community.permissions import may

bp = Blueprint("messages", __name__)


def names_of(people: list[Person]) -> str:
    """A few names in a row: "Samir, Fatma and 2 more"."""
    if not people:
        return _("Only you")
    if len(people) <= 3:
        return ", ".join(person.name for person in people)
    first = ", ".join(person.name for person in people[:2])
    return ngettext("%(names)s and %(num)d more", "%(names)s and %(num)d more", len(people) - 2, names=first)


def title_of(talk: Conversation) -> str:
    """What a conversation is called for its reader."""
    return talk.title or names_of(others_in(actor(), talk))


def _row(line: Line) -> TalkRow:
    last, who = line.last, actor()
    mine = last is not None and last.author_id == who.id
    if last is None:
        words = _("A message was taken back.")
    elif mine:
        words = _("You: %(words)s", words=last.excerpt)
    else:
        words = f"{last.author.name}: {last.excerpt}" if line.talk.is_group else last.excerpt
    return TalkRow(
        url=f"/messages/{line.talk.id}#write",
        title=line.talk.title or names_of(line.others),
        words=words,
        at=last.created_at if last is not None else None,
        unread=line.unread,
        people=[person_row(person) for person in line.others[:3]],
    )


def message_card(message: Message) -> MessageCard:
    """One message as the talk draws it, with what this reader may do."""
    who, author = actor(), message.author
    menu: list[MenuItem] = []
    url = f"/messages/{message.conversation_id}/{message.id}"
    if may(who, "edit", message):
        menu.append((_("Edit"), f"{url}/edit", "pencil", False))
    if may(who, "delete", message):
        menu.append((_("Delete"), f"{url}/delete", "trash-2", True))
    return MessageCard(
        id=message.id,
        author_name=author.name,
        author_handle=author.handle if author.is_active else "",
        author_picture_url=picture_url(author),
        body_html=Markup(message.body_html),  # noqa: S704 made by community.markup when it was written
        created_at=message.created_at,
        edited_at=message.edited_at,
        mine=author.id == who.id,
        menu=menu,
    )


@bp.get("/messages")
def index() -> str:
    """My conversations, the last talked in first."""
    page = conversations_of(actor(), before=request.args.get("before", type=int))
    rows = [_row(line) for line in page.items]
    if wants_fragment():
        return render_template("messages/_rows.html", rows=rows)
    return render_template("messages/index.html", rows=rows, older=page.next, last=end_for(actor()), place="messages")


# A new one


@bp.get("/messages/new")
def new_form() -> Response | str:
    """To whom, and what. `?to=` names somebody; a talk with them that is there already is opened."""
    to = request.args.get("to", "")[:60]
    if to:
        talk = talk_with(actor(), person_for(actor(), to))
        if talk is not None:
            return redirect(f"/messages/{talk.id}#write")
    return _new([to] if to else [], "", "", "")


def _new(chosen: list[str], others: str, title: str, body: str, fault: Invalid | None = None) -> str:
    near = people_near(actor())
    known = {person.handle for person in near}
    typed = [others] if others else []
    return render_template(
        "messages/new.html",
        near=[(person.handle, person.name, person.handle in chosen) for person in near],
        others=", ".join([*typed, *(f"@{handle}" for handle in chosen if handle not in known)]),
        title=title,
        body=body,
        errors={fault.field: said(fault)} if fault is not None else {},
        most=MOST_PEOPLE - 1,
        place="messages",
    )


@bp.post("/messages/new")
def start() -> Response | tuple[str, int]:
    """Send the first message."""
    form = request.form
    chosen, others = form.getlist("people")[:20], form.get("others", "")[:600]
    try:
        people, unknown = people_to_write_to(actor(), [*chosen, *others.split(",")])
        if unknown:
            raise Invalid("people", _l("You cannot write to these people. Choose people you share a space with."))
        made = guarded(
            lambda: start_conversation(
                actor(),
                people=people,
                body=form.get("body", ""),
                title=form.get("title", "") if len(people) > 1 else "",
            )
        )
    except Invalid as fault:
        return _new(chosen, others, form.get("title", ""), form.get("body", ""), fault), 422
    return redirect(f"/messages/{made.conversation_id}#message-{made.id}", 303)


# One


@bp.get("/messages/<int:number>")
def talk(number: int) -> str:
    """A conversation, the newest at the bottom; `?before=` goes up, `?at=` shows a message among its neighbours."""
    return _talk(conversation_for(actor(), number))


def _talk(found: Conversation, *, draft: str = "", error: str = "") -> str:
    who, last = actor(), end_for(actor())
    args = request.args
    page = messages_of(
        who,
        found,
        before=args.get("before", type=int),
        after=args.get("after", type=int),
        at=args.get("at", type=int),
    )
    cards = [message_card(message) for message in page.items]
    if page.items:
        mark_conversation_read(who, found, up_to=page.items[-1].id)
    if page.later is None:
        mark_conversation_read(who, found)  # what was taken back at the end is read too
    if wants_fragment():
        return render_template("messages/_said.html", cards=cards)
    others = others_in(who, found)
    gone = not found.is_group and not others[0].is_active
    blocked = not found.is_group and has_blocked(who, others[0])
    return render_template(
        "messages/talk.html",
        talk=found,
        title=title_of(found),
        people=[(person_row(person), person.is_active) for person in others],
        cards=cards,
        earlier=page.earlier,
        later=page.later,
        last=last,
        gone=gone,
        blocked=blocked,
        may_remove=may(who, "remove", found),
        draft=draft,
        error=error,
        place="messages",
    )


@bp.post("/messages/<int:number>")
def send(number: int) -> Response | str | tuple[str, int]:
    """Say something; with `X-Fragment` the message alone comes back."""
    found, body = conversation_for(actor(), number), request.form.get("body", "")
    try:
        made = guarded(lambda: send_message(actor(), found, body=body))
    except Invalid as fault:
        if wants_fragment():
            return said(fault), 422
        return _talk(conversation_for(actor(), number), draft=body, error=said(fault)), 422
    if wants_fragment():
        return render_template("messages/_said.html", cards=[message_card(message_for(actor(), made.id))])
    return redirect(f"/messages/{number}#message-{made.id}", 303)


def _said_in(number: int, message_id: int) -> Message:
    message = message_for(actor(), message_id)
    if message.conversation_id != number:
        raise NotFound()
    return message


@bp.route("/messages/<int:number>/<int:message_id>/edit", methods=["GET", "POST"])
def edit(number: int, message_id: int) -> Response | str | tuple[str, int]:
    """Change what one has just said."""
    message = _said_in(number, message_id)
    if request.method == "GET":
        if message.author_id != actor().id:
            abort(403)
        if not may(actor(), "edit", message):  # the page stood open for longer than that
            flash(_("A message can be changed for five minutes. Write another one, or delete it."), "warn")
            return redirect(f"/messages/{number}", 303)
        return _edit(message, message.body)
    try:
        edit_message(actor(), message, body=request.form.get("body", ""))
    except Invalid as fault:
        return _edit(_said_in(number, message_id), request.form.get("body", ""), said(fault)), 422
    return redirect(f"/messages/{number}#message-{message_id}", 303)


def _edit(message: Message, body: str, error: str = "") -> str:
    return render_template(
        "microblog/edit.html",
        title=_("Edit your message"),
        action=f"/messages/{message.conversation_id}/{message.id}/edit",
        back=f"/messages/{message.conversation_id}#message-{message.id}",
        body=body,
        base="",
        error=error,
        theirs="",
    )


@bp.route("/messages/<int:number>/<int:message_id>/delete", methods=["GET", "POST"])
def delete(number: int, message_id: int) -> Response | str:
    """Ask, then take a message away."""
    message = _said_in(number, message_id)
    if request.method == "POST":
        delete_message(actor(), message)
        return redirect(f"/messages/{number}#write", 303)
    if not may(actor(), "delete", message):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete this message?"),
        words=_("It goes for everybody in this conversation. This cannot be taken back."),
        yes=_("Delete message"),
        back=f"/messages/{number}",
        risk=True,
    )


# A group


@bp.post("/messages/<int:number>/title")
def rename(number: int) -> Response:
    """Give a group another name."""
    try:
        rename_conversation(actor(), conversation_for(actor(), number), title=request.form.get("title", ""))
    except Invalid as fault:
        flash(said(fault), "warn")
    return redirect(f"/messages/{number}", 303)


@bp.route("/messages/<int:number>/leave", methods=["GET", "POST"])
def leave(number: int) -> Response | str:
    """Ask, then go out of a group."""
    found = conversation_for(actor(), number)
    if request.method == "POST":
        leave_conversation(actor(), found)
        flash(_("You left the conversation."), "message")
        return redirect("/messages", 303)
    if not may(actor(), "leave", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Leave this conversation?"),
        words=_("What you wrote stays with the others. You read nothing of it any more."),
        yes=_("Leave"),
        no=_("Stay"),
        back=f"/messages/{number}",
        risk=True,
    )


@bp.post("/messages/<int:number>/remove")
def remove(number: int) -> Response:
    """Take somebody out of a group that one began."""
    found = conversation_for(actor(), number)
    handle = request.form.get("handle", "")
    person = next((person for person in others_in(actor(), found) if person.handle == handle), None)
    if person is None:
        raise NotFound()
    remove_from_conversation(actor(), found, person)
    flash(_("%(name)s reads nothing more here.", name=person.name), "message")
    return redirect(f"/messages/{number}", 303)


# Keeping somebody away


@bp.route("/people/<handle>/block", methods=["GET", "POST"])
def block(handle: str) -> Response | str:
    """Ask, then let none of somebody's messages come any more."""
    person = person_for(actor(), handle)
    if request.method == "POST":
        block_person(actor(), person)
        flash(_("Messages from %(name)s do not reach you any more.", name=person.name), "message")
        return redirect(url_of(person), 303)
    if not may(actor(), "block", person):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Block %(name)s?", name=person.name),
        words=_(
            "Their messages do not reach you any more, and neither of you sees the other as being here. They are not told."
        ),
        yes=_("Block"),
        no=_("Leave it as it is"),
        back=url_of(person),
        risk=True,
    )


@bp.post("/people/<handle>/unblock")
def unblock(handle: str) -> Response:
    """Let somebody's messages come again."""
    person = next((one for one in people_blocked_by(actor()) if one.handle == handle), None)
    if person is None:
        raise NotFound()
    unblock_person(actor(), person)
    flash(_("Messages from %(name)s reach you again.", name=person.name), "message")
    return redirect("/settings/contact", 303)
