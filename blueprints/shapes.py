"""What the parts in `templates/parts/` expect: plain rows, filled by a view from what a query gave.

A row holds values, never an object that could ask the database again while a page is drawn. Everything that is not needed
has a default. `body_html` is `Markup(item.body_html)`: the HTML that `community.markup` made when it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

MenuItem = tuple[str, str | None, str, bool]
"""Words, address (None draws a line), icon, and whether it destroys something."""


@dataclass(slots=True)
class Attached:
    """A file under a post."""

    name: str
    url: str
    size_words: str = ""
    icon: str = "file"


@dataclass(slots=True)
class Pictured:
    """A picture under a post."""

    url: str
    alt: str


@dataclass(slots=True)
class OptionRow:
    """A choice of a poll. `votes` is None where the results are not shown; `names`: who chose it, in an open poll."""

    id: int
    words: str
    mine: bool = False
    votes: int | None = None
    names: str = ""


@dataclass(slots=True)
class PollCard:
    """A poll under a post. `vote_url` is "" where the reader cannot choose (any more)."""

    options: Sequence[OptionRow]
    several: bool
    open: bool
    people: int
    shows: bool
    voted: bool
    closed: bool
    closes_at: datetime | None = None
    vote_url: str = ""


@dataclass(slots=True)
class PreviewCard:
    """What a page that a post links to says of itself."""

    url: str
    title: str
    description: str = ""
    site: str = ""
    remove_url: str = ""


@dataclass(slots=True)
class Shared:
    """What a post points at, for who sees both; without a name it is with people whom the reader is not among. `only` says which
    of its readers are here too."""

    author_name: str = ""
    author_handle: str = ""
    author_picture_url: str = ""
    url: str = ""
    body_html: Markup = Markup("")
    created_at: datetime | None = None
    space_name: str = ""
    audience: str = ""
    space_kind: str = ""
    only: str = ""
    comment_count: int = 0


@dataclass(slots=True)
class PostCard:
    """One post in a stream (parts/posts.html)."""

    id: int
    url: str
    author_name: str
    author_handle: str
    body_html: Markup
    created_at: datetime
    audience: str
    space_name: str = ""
    space_url: str = ""
    space_kind: str = ""
    audience_count: int | None = None
    author_picture_url: str = ""
    author_role: str = ""
    author_here: bool = False
    kind: str = "discussion"
    title: str = ""
    answered: bool = False
    pinned: bool = False
    hidden: bool = False
    archived: bool = False
    locked: bool = False
    shared: Shared | None = None
    edited_at: datetime | None = None
    comment_count: int = 0
    react_url: str = ""
    reactions: Sequence[tuple[str, int, bool]] = ()
    menu: Sequence[MenuItem] = ()
    attachments: Sequence[Attached] = ()
    pictures: Sequence[Pictured] = ()
    poll: PollCard | None = None
    praised: Sequence[tuple[str, str]] = ()
    preview: PreviewCard | None = None
    extra_html: Markup = Markup("")


@dataclass(slots=True)
class AreaShown:
    """The area that a thread is about: where it is in words and by address, its picture, its number on the page ("" where it is not
    drawn), and which version it is on when that is not the newest.
    """

    words: str
    url: str
    cut: str
    old: str = ""
    number: str = ""


@dataclass(slots=True)
class CommentCard:
    """One comment in a thread (parts/posts.html). `replies` hang one level deep."""

    id: int
    author_name: str
    author_handle: str
    body_html: Markup
    created_at: datetime
    author_picture_url: str = ""
    author_role: str = ""
    author_here: bool = False
    edited_at: datetime | None = None
    is_answer: bool = False
    is_removed: bool = False
    react_url: str = ""
    reactions: Sequence[tuple[str, int, bool]] = ()
    reply_url: str = ""
    accept_url: str = ""
    menu: Sequence[MenuItem] = ()
    replies: Sequence[CommentCard] = ()
    # Of a thread: the badges (tone, icon, words), the words it is about, where they stand, what can be done (words, address, icon).
    badges: Sequence[tuple[str, str, str]] = ()
    quote: str = ""
    quote_url: str = ""
    quote_words: str = ""
    gone_url: str = ""
    gone_words: str = ""
    place_url: str = ""
    replacement: str | None = None  # of a suggestion: what to put in the place of the quote, "" to take it out
    deeds: Sequence[tuple[str, str, str]] = ()
    area: AreaShown | None = None  # of a thread on an area of a picture or a page
    state: str = ""
    purpose: str = ""


@dataclass(slots=True)
class MessageCard:
    """One message in a conversation (messages/_said.html). No handle: its author has no page any more."""

    id: int
    author_name: str
    author_handle: str
    body_html: Markup
    created_at: datetime
    author_picture_url: str = ""
    edited_at: datetime | None = None
    mine: bool = False
    menu: Sequence[MenuItem] = ()


@dataclass(slots=True)
class TalkRow:
    """One conversation in a list (messages/_rows.html)."""

    url: str
    title: str
    words: str
    at: datetime | None
    unread: bool = False
    people: Sequence[PersonRow] = ()


@dataclass(slots=True)
class FileRow:
    """A file or a folder in a list (parts/files.html). `audience` only where it differs from the space's own; `ref` ("file:12") is
    how it is picked among others, `aside_url` shows it beside the list, `thumb_url` is its picture in the grid.
    """

    key: str
    name: str
    url: str
    icon: str = "file"
    changed_at: datetime | None = None
    changed_by: str = ""
    size_words: str = ""
    note: str = ""
    version: int = 0
    audience: str = ""
    space_name: str = ""
    space_kind: str = ""
    audience_count: int | None = None
    menu: Sequence[MenuItem] = ()
    ref: str = ""
    aside_url: str = ""
    thumb_url: str = ""
    content_url: str = ""
    is_folder: bool = False
    held_by: str = ""  # who works on it just now


@dataclass(slots=True)
class PersonRow:
    """Somebody in a list (parts/people.html)."""

    name: str
    handle: str
    words: str = ""
    badge: str = ""
    picture_url: str = ""
    here: bool = False


@dataclass(slots=True)
class PhaseStep:
    """One phase in the bar (parts/bits.html): `kind` pre, campus, post, alumni; `state` done, now, next.

    `value` of `max` days where the phase is now and has an end.
    """

    kind: str
    name: str
    words: str
    state: str = "next"
    value: int = 0
    max: int = 0


@dataclass(slots=True)
class SpaceHead:
    """The head of a space (parts/space.html)."""

    name: str
    url: str
    tabs: Sequence[tuple[str, str, str, int | str | None]] = ()
    tab: str = ""
    crumbs: Sequence[tuple[str, str]] = ()
    phase: PhaseStep | None = None
    steps: Sequence[PhaseStep] = ()
    members_words: str = ""
    coaches: Sequence[tuple[str, str]] = ()
    people: Sequence[PersonRow] = field(default_factory=tuple)
    actions: Sequence[tuple[str, str, str]] = ()
    slim: bool = False
    level: LevelMenu | None = None


@dataclass(slots=True)
class LevelMenu:
    """How near the reader is to this space, and what they may choose instead: value, words, what it means."""

    words: str
    chosen: str
    action: str
    choices: Sequence[tuple[str, str, str]] = ()
