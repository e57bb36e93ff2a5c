"""What pages, files and journal entries have in common below their words: who can read them, and what was said about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import comment_cards, space_title
from blueprints.doors import actor
from blueprints.face import wants_fragment
from blueprints.mishaps import said
from blueprints.once import guarded
from community.activity.outbox import last_id
from community.comments.actions import create_comment
from community.comments.queries import AT_ONCE, comment_for, comments_of, start_of
from community.errors import Invalid
from community.kinds import ref_of
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import members_of

Shown = str | tuple[str, int]


def thread_of(item: Any, *, draft: str = "", error: str = "") -> dict[str, Any]:
    """What `parts/talk.html` draws: the comments of an item that the reader came to, and the form for the next one."""
    who, url, last = actor(), url_of(item).split("?")[0], last_id()
    talks = may(who, "comment", item)
    after, at = request.args.get("after", type=int), request.args.get("at", type=int)
    comments = comments_of(who, item, after=after if at is None else start_of(at), limit=AT_ONCE, gaps=True)
    reply = request.args.get("reply", type=int) or request.form.get("reply_to", type=int)
    answered = next((comment for comment in comments if comment.id == reply and comment.deleted_at is None), None)
    return {
        "ref": ref_of(item),
        "last": last,
        "url": url_of(item),
        "action": f"{url}/comments",
        "comments": comment_cards(who, comments, url, talks=talks),
        "more": f"{url}?after={comments[-1].id}" if len(comments) == AT_ONCE else "",
        "talks": talks,
        "answered": answered,
        "draft": draft,
        "error": error,
    }


def comments_alone(item: Any) -> str | None:
    """The comments as a fragment, when one of our own modules asks for them."""
    if not wants_fragment():
        return None
    return render_template("microblog/_comments.html", cards=thread_of(item)["comments"])


def comment_on(find: Callable[[], Any], show: Callable[..., str]) -> Response | tuple[str, int]:
    """Say something about the item that `find()` opens. What is refused comes back on its page, `show(item, …)`."""
    body, reply = request.form.get("body", ""), request.form.get("reply_to", type=int)
    item = find()
    answered = comment_for(actor(), reply) if reply else None
    try:
        made = guarded(lambda: create_comment(actor(), item, body=body, reply_to=answered))
    except Invalid as fault:
        return show(find(), draft=body, error=said(fault)), 422
    return redirect(f"{url_of(item)}#comment-{made.id}", 303)


def readers(item: Any, space: Space | None, named: int | None = None) -> list[tuple[str, str]]:
    """Who can see an item, and why, as pairs of strong and plain words."""
    if item.audience == "only_me":
        return [(_("You alone"), _("because it is only for you"))]
    lines = []
    if item.audience in ("people", "coach"):
        lines.append((item.author.name, _("who wrote it")))
    if item.audience == "people":
        words = ngettext("%(num)d person", "%(num)d people", named) if named is not None else _("The people")
        return [*lines, (words, _("whom the author named"))]
    if space is None or (item.audience == "organisation" and space.visibility == "organisation"):
        lines.append((_("Every colleague"), _("who is not a guest")))
    if space is None:
        return lines
    inside = space.id in actor().roles
    members = members_of(actor(), space) if inside else []
    if item.audience != "coach":
        count = sum(member.role != "coach" for member in members)
        words = ngettext("%(num)d person", "%(num)d people", count) if inside else _("Everyone")
        lines.append((words, _("with a role in %(space)s", space=space_title(space))))
    coaches = [(member.person.name, _("coach here")) for member in members if member.role == "coach"]
    return lines + (coaches or ([(_("The coaches"), _("of this space"))] if item.audience == "coach" else []))
