"""Turns what queries give into the rows that the parts draw (`shapes.py`): posts, comments, people, space heads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from blueprints import notice_words, threads
from blueprints.addresses import picture_url, space_url
from blueprints.face import size_words
from blueprints.language import day, language, zone
from blueprints.shapes import (
    Attached,
    CommentCard,
    LevelMenu,
    MenuItem,
    OptionRow,
    PersonRow,
    PhaseStep,
    Pictured,
    PollCard,
    PostCard,
    PreviewCard,
    Shared,
    SpaceHead,
)
from community.activity.steady import PLACES, held
from community.clock import now
from community.comments.models import Anchor, Comment
from community.comments.queries import anchors_of
from community.files.links import SHORTCUT
from community.files.media_types import INLINE
from community.kinds import card_of
from community.microblog.models import REACTIONS, Post
from community.microblog.polls import PollShown
from community.microblog.queries import FeedItem
from community.notifications.keeping import level_in
from community.notifications.reasons import LEVEL_NAMES
from community.people.models import Person
from community.permissions import STAFF, WRITERS, Actor, may
from community.spaces import queries as spaces
from community.spaces.models import Space


def title_of(thing: Any) -> str:
    """How a thing is called in a list."""
    return str(getattr(thing, "title", "") or getattr(thing, "name", "") or getattr(thing, "excerpt", ""))


def role_words(role: str) -> str:
    """A role as people say it."""
    return {
        "owner": _("owner"),
        "facilitator": _("facilitator"),
        "coach": _("coach"),
        "member": _("member"),
        "alumnus": _("alumna or alumnus"),
        "guest": _("guest"),
    }.get(role, role)


def asks_coach(actor: Actor, ref: str, space: Space | None) -> list[MenuItem]:
    """The way to ask one's coach about something in a team. Asks the database nothing."""
    if space is None or space.kind != "team" or space.is_archived:
        return []
    if actor.roles.get(space.id) not in WRITERS - {"coach"}:
        return []
    return [(_("Ask our coach"), f"{space_url(space.slug)}/coach?about={ref}#ask", "circle-question-mark", False)]


def person_row(person: Person, words: str = "", badge: str = "") -> PersonRow:
    return PersonRow(person.name, person.handle, words or person.headline, badge, picture_url(person))


def post_card(actor: Actor, item: FeedItem) -> PostCard:
    """A post as the stream draws it, with what this reader may do."""
    post, author, space = item.post, item.post.author, item.post.space
    at = now()
    url = f"/spaces/{space.slug}/posts/{post.id}"
    edits = may(actor, "edit", post)
    menu: list[MenuItem] = []
    if edits:
        menu.append((_("Edit"), f"{url}/edit", "pencil", False))
    menu.append((_("Keep for later"), f"/bookmarks/post/{post.id}", "bookmark", False))
    if post.audience != "people":
        menu += asks_coach(actor, f"post:{post.id}", space)
    if may(actor, "share", post):
        menu.append((_("Share elsewhere"), f"{url}/share", "send", False))
    if card_of(space).verbs["write"](actor, space):  # who sees the post sees its space
        menu.append((_("To the wiki"), f"/spaces/{space.slug}/wiki?action=new&post={post.id}", "book-open", False))
    menu.append((_("What reaches you"), f"/notifications/level/post/{post.id}", "bell", False))
    menu.append((_("Who can see this"), f"/who/post/{post.id}", "users", False))
    if may(actor, "archive", post):
        menu.append((_("Pin, move, archive"), f"{url}/arrange", "folder-input", False))
    if may(actor, "delete", post):
        menu.append((_("Delete"), f"{url}/delete", "trash-2", True))
    return PostCard(
        id=post.id,
        url=url,
        author_name=author.name,
        author_handle=author.handle,
        author_picture_url=picture_url(author),
        body_html=Markup(post.body_html),  # noqa: S704 made by community.markup when it was written
        created_at=post.created_at,
        audience=post.audience,
        space_name=space.name,
        space_url=f"/spaces/{space.slug}",
        space_kind=space.kind,
        kind=post.kind,
        pinned=post.pinned_at is not None and (post.pinned_until is None or post.pinned_until > at),
        hidden=post.hidden_at is not None,
        archived=post.archived_at is not None,
        locked=post.locked_at is not None,
        shared=_shared(item) if post.shared_id is not None else None,
        edited_at=post.edited_at,
        comment_count=post.comment_count,
        react_url=f"{url}/react" if may(actor, "react", post) else "",
        reactions=[(name, item.reactions.get(name, 0), name in item.mine) for name in REACTIONS],
        menu=menu,
        **_brought_along(actor, item, url, edits=edits),
    )


def _brought_along(actor: Actor, item: FeedItem, url: str, *, edits: bool) -> dict[str, Any]:
    """What the kind of a post shows besides; nothing for most."""
    post, more = item.post, dict[str, Any]()
    if post.accepted_comment_id is not None:
        more["answered"] = True
    if item.poll is not None:
        more["poll"] = _poll_card(item.poll, f"{url}/vote" if may(actor, "vote", post) and not item.poll.closed else "")
    if item.praised:
        more["praised"] = [(person.name, person.handle) for person in item.praised]
    if item.files:
        at = [(file, f"{url}/files/{file.id}/{quote(file.name)}") for file in item.files]
        more["pictures"] = [Pictured(where, file.alt or file.name) for file, where in at if file.media_type in INLINE]
        more["attachments"] = [
            Attached(file.name, where, size_words(file.size), icon_of(file.media_type))
            for file, where in at
            if file.media_type not in INLINE
        ]
    if item.preview is not None:
        held, remove = item.preview, f"{url}/preview/remove" if edits else ""
        more["preview"] = PreviewCard(held.url, held.title, held.description, held.site, remove)
    return more


def _poll_card(poll: PollShown, vote_url: str) -> PollCard:
    rows = [
        OptionRow(
            option.id,
            option.words,
            option.mine,
            option.votes if poll.shows else None,
            ", ".join(person.name for person in option.voters or ()),
        )
        for option in poll.options
    ]
    return PollCard(
        rows,
        poll.several,
        poll.open,
        poll.people,
        poll.shows,
        poll.voted,
        poll.closed,
        poll.closes_at,
        vote_url,
    )


def icon_of(media_type: str) -> str:
    """The icon of a kind of file."""
    if media_type == SHORTCUT:
        return "external-link"
    if media_type.startswith("image/"):
        return "image"
    if media_type.startswith(("video/", "audio/")):
        return "film"
    for part, name in (
        ("sheet", "file-spreadsheet"),
        ("excel", "file-spreadsheet"),
        ("csv", "file-spreadsheet"),
        ("presentation", "presentation"),
        ("powerpoint", "presentation"),
        ("text", "file-text"),
        ("word", "file-text"),
        ("pdf", "file-text"),
    ):
        if part in media_type:
            return name
    return "file"


def _shared(item: FeedItem) -> Shared:
    post = item.shared
    if post is None:
        return Shared()
    return Shared(
        author_name=post.author.name,
        author_handle=post.author.handle,
        author_picture_url=picture_url(post.author),
        url=f"/spaces/{post.space.slug}/posts/{post.id}",
        body_html=Markup(post.body_html),  # noqa: S704 made by community.markup when it was written
        created_at=post.created_at,
        space_name=space_title(post.space),
        audience=post.audience,
        space_kind=post.space.kind,
        only=_("of them, only those who also read %(space)s", space=space_title(item.post.space)),
        comment_count=post.comment_count,
    )


def comment_cards(
    actor: Actor,
    comments: Iterable[Comment],
    url: str,
    *,
    talks: bool = True,
    question: Post | None = None,
    open_: bool = True,
    anchors: Mapping[int, Anchor] | None = None,
) -> list[CommentCard]:
    """Comments as a thread: replies hang under the first comment, whose own card may have been removed. Under a `question` that
    the reader may close, each can be accepted; the accepted one stands first.
    """
    accepted = question.accepted_comment_id if question is not None else None
    decides = question is not None and may(actor, "accept", question)
    cards: dict[int, CommentCard] = {}
    first: list[CommentCard] = []
    comments = list(comments)
    anchors = anchors_of(actor, comments) if anchors is None else anchors
    for comment in comments:
        card = comment_card(actor, comment, url, talks=talks, open_=open_)
        if comment.deleted_at is None and (comment.is_thread or not comment.is_public):
            threads.dress_thread(actor, card, comment, anchors.get(comment.id), url)
        cards[comment.id] = card
        card.is_answer = comment.id == accepted
        if decides and not card.is_removed:
            card.accept_url = f"{url}/accept"
        above = cards.get(comment.reply_to_id or 0)
        if card.is_answer:
            first.insert(0, card)
        elif above is None:
            first.append(card)
        else:
            above.replies = [*above.replies, card]
    return first


def comment_card(actor: Actor, comment: Comment, url: str, *, talks: bool = True, open_: bool = True) -> CommentCard:
    """One comment; `url` is the page of what it hangs on, `open_` whether that can still be changed."""
    author = comment.author
    if comment.deleted_at is not None:  # its place stays, for the replies below it
        return CommentCard(comment.id, "", "", Markup(), comment.created_at, is_removed=True)
    menu: list[MenuItem] = []
    live = open_ and comment.space_id not in actor.reach.archived
    if live and actor.id == author.id:
        menu.append((_("Edit"), f"/comments/{comment.id}/edit", "pencil", False))
        if comment.held_at is None:
            menu.append((_("Take back"), f"/comments/{comment.id}/hold", "lock", False))
    if live and (actor.id == author.id or actor.roles.get(comment.space_id or 0) in STAFF):
        menu.append((_("Delete"), f"/comments/{comment.id}/delete", "trash-2", True))
    return CommentCard(
        id=comment.id,
        author_name=author.name,
        author_handle=author.handle,
        author_picture_url=picture_url(author),
        author_role=_("Coach") if comment.as_role == "coach" else "",
        body_html=Markup(comment.body_html),  # noqa: S704 made by community.markup when it was written
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        reply_url=f"{url}?reply={comment.id}#write" if talks and live else "",
        menu=menu,
    )


def phase_words(step: spaces.PhaseStep) -> str:
    """Where a phase is, in words: "Day 2 of 4, until Thursday 11 June"."""
    phase = step.phase
    if step.state == "now":
        if step.until_start > 0:  # somebody started it by hand, before its day
            begun = phase.entered_at.astimezone(zone()).date() if phase.entered_at else phase.starts_on
            return _("Since %(day)s", day=day(begun))
        if phase.ends_on is None:
            return _("Since %(day)s", day=day(phase.starts_on))
        return _("Day %(day)d of %(days)d, until %(end)s", day=step.day, days=step.days, end=day(phase.ends_on))
    if step.state == "done":
        return _("Done on %(day)s", day=day(phase.ends_on)) if phase.ends_on else _("Done")
    if 0 < step.until_start <= 14:
        return ngettext("In %(num)d day", "In %(num)d days", step.until_start)
    return _("From %(day)s", day=day(phase.starts_on))


def phase_steps(cohort: Space | None) -> list[PhaseStep]:
    """The phase bar of a cohort; empty without one."""
    if cohort is None:
        return []
    return [
        PhaseStep(
            kind=_phase_kind(step.phase.key),
            name=step.phase.name,
            words=phase_words(step),
            state=step.state,
            value=step.day,
            max=step.days,
        )
        for step in spaces.phase_bar(cohort)
    ]


def steps_in(actor: Actor, space: Space) -> list[PhaseStep]:
    """The phase bar that a reader has in a space: of its cohort, for the people of that cohort."""
    cohort = spaces.cohort_of(space)
    return phase_steps(cohort) if cohort is not None and cohort.id in actor.roles else []


def _phase_kind(key: str) -> str:
    """The colour of a phase: a key of our own keeps the colour of post-campus."""
    return key if key in ("pre", "campus", "post", "alumni") else "post"


def current_step(steps: Sequence[PhaseStep]) -> PhaseStep | None:
    return next((step for step in steps if step.state == "now"), None)


def space_head(
    actor: Actor,
    space: Space,
    tab: str,
    *,
    counts: Mapping[str, int] | None = None,
    slim: bool = False,
    steps: Sequence[PhaseStep] | None = None,
) -> SpaceHead:
    """The head of a space: crumbs, name, phase, people, tabs; how near it is (`level`) stands in the full one. `steps` when the
    page has them already.
    """
    quarter = (
        int(now().timestamp()) // 900
    )  # days are counted in it, and a day begins somewhere every quarter of an hour
    key = ("space head", space.id, actor.id, language(), zone().key, quarter)
    head = held(actor.place, PLACES, key, lambda: _steady_head(actor, space))
    tabs = head.tabs if not counts else [(name, words, url, counts.get(name, n)) for name, words, url, n in head.tabs]
    level = level_menu(actor, space) if not slim and space.id in actor.roles else None
    return replace(head, tab=tab, tabs=tabs, slim=slim, level=level, steps=head.steps if steps is None else steps)


def _steady_head(actor: Actor, space: Space) -> SpaceHead:
    inside = space.id in actor.roles
    members = spaces.members_of(actor, space) if inside else []
    coaches = [m.person for m in members if m.role == "coach"]
    team = [m.person for m in members if m.role in ("member", "alumnus")]  # who was in it stays in it
    url = space_url(space.slug)
    tabs: list[tuple[str, str, str, int | str | None]] = []
    if "stream" in space.tools:
        tabs.append(("stream", _("Stream"), url, None))
    if "wiki" in space.tools:
        tabs.append(("wiki", _("Wiki"), f"{url}/wiki", None))
    if "files" in space.tools:
        tabs.append(("files", _("Files"), f"{url}/files", None))
    if space.kind in ("programme", "cohort", "team"):
        tabs.append(("events", _("Events"), f"{url}/events", None))
    if inside and space.kind in ("programme", "cohort", "team", "project"):
        tabs.append(("submissions", _("Milestones"), f"{url}/submissions", None))
    tabs.append(("about", _("About"), f"{url}/about", None))
    if inside or actor.is_administrator:
        tabs.append(("members", _("Members"), f"{url}/members", len(members) or None))
    return SpaceHead(
        name=space_title(space),
        url=url,
        tabs=tabs,
        crumbs=[(above.name, space_url(above.slug)) for above in spaces.crumbs_of(actor, space)],
        steps=steps_in(actor, space),
        members_words=(ngettext("%(num)d member", "%(num)d members", len(team)) if inside else ""),
        coaches=[(coach.name, f"/people/{coach.handle}") for coach in coaches[:2]],
        people=[person_row(person) for person in team[:8]] if space.kind == "team" else (),
        actions=[(_("Ask our coach"), f"{url}/coach", "circle-question-mark")]
        if coaches and may(actor, "consult", space)
        else (),
    )


def level_menu(actor: Actor, space: Space) -> LevelMenu:
    """How near a reader is to a space, to choose anew."""
    level, chosen = level_in(actor, space)
    words = notice_words.level_words
    choices = [(one, words(one), notice_words.level_means(one)) for one in LEVEL_NAMES]
    default = ("", _("As by default"), _("It follows what you chose for all, or what your organisation did."))
    return LevelMenu(
        words(level), level if chosen else "", f"/notifications/level/space/{space.id}", [default, *choices]
    )


def space_title(space: Space) -> str:
    """A space as people call it: a team is said to be one."""
    return _("Team %(name)s", name=space.name) if space.kind == "team" else space.name


def audience_choices(space: Space) -> list[tuple[str, str]]:
    """Who may read what is written in a space: the widest first."""
    choices = [("space", space_title(space)), ("coach", _("Author and coach"))]
    if space.visibility == "organisation":
        choices.insert(0, ("organisation", _("Everyone here")))
    return choices
