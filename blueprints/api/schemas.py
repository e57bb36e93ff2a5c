"""What the API gives, shape by shape. Each is written down here: a column that nobody named never leaves the house.

Times are UTC as ISO 8601 (RFC 3339). `url` is the page of a thing on this site. `audience` says who can read it: `only_me`,
`people` (whom the author named), `coach`, `space`, `organisation`. `phase` is the key of the phase it was made in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import core_schema

from community.comments.models import AUDIENCES as COMMENT_AUDIENCES
from community.comments.models import PURPOSES
from community.items.models import AUDIENCES
from community.microblog.filters import STATES
from community.microblog.models import DRAFT_STATES, POST_KINDS, REACTIONS
from community.notifications.reasons import LEVEL_NAMES, TOPICS
from community.people.models import LANGUAGES, SITE_ROLES
from community.people.tokens import SCOPES
from community.spaces.models import COMMENTERS, JOIN_POLICIES, KINDS, ROLES, TOOLS, VISIBILITIES


@dataclass(frozen=True)
class OneOf:
    """A text that is one of some words, as the domain knows them."""

    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.literal_schema(list(self.words))


Audience = Annotated[str, OneOf(AUDIENCES)]
SpaceAudience = Annotated[str, OneOf(("coach", "space", "organisation"))]
Template = Annotated[str, OneOf(("", "offered", "default"))]
PostAudience = Annotated[
    str,
    OneOf(("", "space", "coach")),
    Field(description="Who reads a post when its author does not choose; empty: as many as see the space."),
]
Purpose = Annotated[str, OneOf(PURPOSES)]
CommentAudience = Annotated[
    str,
    OneOf(COMMENT_AUDIENCES),
    Field(description="Of those who see the thing: all (empty), its author, or the coaches; and who began the thread."),
]
ThreadState = Annotated[str, OneOf(("open", "answered", "resolved", "reopened"))]
Commenters = Annotated[str, OneOf(COMMENTERS)]
Role = Annotated[str, OneOf(ROLES)]
SpaceKind = Annotated[str, OneOf(KINDS)]
JoinPolicy = Annotated[str, OneOf(JOIN_POLICIES)]
Visibility = Annotated[str, OneOf(VISIBILITIES)]
Tool = Annotated[str, OneOf(TOOLS)]
PostKind = Annotated[str, OneOf(POST_KINDS)]
Order = Annotated[str, OneOf(("oldest", "newest"))]
InState = Annotated[str, OneOf(STATES)]
Reaction = Annotated[str, OneOf(REACTIONS)]
DraftState = Annotated[str, OneOf(DRAFT_STATES)]
Language = Annotated[str, OneOf(LANGUAGES)]
SiteRole = Annotated[str, OneOf(SITE_ROLES)]
Scope = Annotated[str, OneOf(SCOPES)]
NoticeTopic = Annotated[str, OneOf(TOPICS)]
Level = Annotated[str, OneOf(LEVEL_NAMES)]
Path = Annotated[str, Field(description="A path on this site.")]
Next = Annotated[str | None, Field(description="The `cursor` of what follows; null at the end.")]


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Out):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    field: str | None = Field(None, description="Which field is wrong.")


# ---- people ---------------------------------------------------------------------------------------------------------


class Who(Out):
    """A person, where they are named."""

    handle: str
    name: str


class Person(Out):
    """A colleague, as everybody who sees them does."""

    handle: str
    name: str
    url: Path
    headline: str
    location: str
    skills: list[str]
    picture: str


class PersonWhole(Person):
    """A colleague, with what they say of themselves and the spaces that you both see."""

    about: str
    html: str
    spaces: list[PlaceOfPerson]


class PlaceOfPerson(Out):
    """A space somebody is in, and as what."""

    slug: str
    name: str
    kind: SpaceKind
    role: Role


class People(Out):
    items: list[Person]
    next: Next


class Me(Out):
    """You: your profile, where you are, and what waits."""

    handle: str
    name: str
    url: Path
    email: str
    site_role: SiteRole
    headline: str
    location: str
    about: str
    html: str
    skills: list[str]
    language: Language
    time_zone: str
    show_presence: bool
    open_to_strangers: bool
    picture: str
    spaces: list[PlaceOfPerson]
    unread: int
    token: TokenOut | None


class TokenOut(Out):
    """The token you came with."""

    name: str
    scope: Scope
    expires: AwareDatetime


# ---- spaces ---------------------------------------------------------------------------------------------------------


class Space(Out):
    """A space, with your role in it (null: you see it, and have none)."""

    slug: str
    name: str
    kind: SpaceKind
    url: Path
    aim: str
    question: str
    sponsor: str
    parent: str | None
    status: str
    visibility: Visibility
    join_policy: JoinPolicy
    tools: list[Tool]
    time_zone: str
    post_audience: PostAudience
    commenters: Commenters
    shows_approved: bool
    shares_outside: bool
    phase: str | None
    role: Role | None
    created: AwareDatetime


class SpaceWhole(Space):
    """A space, with what lies below it and what you may do here."""

    children: list[str]
    rights: list[str]


class Spaces(Out):
    items: list[Space]
    next: Next


class Member(Out):
    """Somebody in a space. `inherited`: their role comes with another space."""

    handle: str
    name: str
    role: Role
    inherited: bool
    headline: str
    location: str


class Members(Out):
    items: list[Member]
    next: Next


class Membership(Out):
    """A role that somebody has, or asked for (`asked`: the people who run the space are told)."""

    space: str
    handle: str
    role: Role | None
    asked: bool


class JoinRequest(Out):
    handle: str
    name: str
    asked: AwareDatetime


class JoinRequests(Out):
    items: list[JoinRequest]
    next: Next


class Invitation(Out):
    """A link into a space."""

    id: int
    role: Role
    seats: int
    used: int
    expires: AwareDatetime


class InvitationMade(Invitation):
    """A new link. It is shown only now."""

    link: str


class Invitations(Out):
    items: list[Invitation]
    next: Next


class Phase(Out):
    """A phase of a cohort, from its first to its last day, both included. `now` is the one that holds."""

    key: str
    name: str
    starts: date
    ends: date | None
    state: str


class Phases(Out):
    items: list[Phase]
    next: Next


# ---- what people make -----------------------------------------------------------------------------------------------


class Item(Out):
    """What every post, page, file and entry says."""

    id: int
    url: Path
    space: str | None
    author: Who
    audience: Audience
    phase: str | None
    created: AwareDatetime
    updated: AwareDatetime
    comments: int


class PollOption(Out):
    """A choice of a poll. `votes` is null until you have chosen or the poll is closed; `voters` unless it is open besides."""

    id: int
    words: str
    mine: bool
    votes: int | None
    voters: list[Who] | None


class Poll(Out):
    """What a post of kind poll asks. `people`: how many have chosen; `open`: everybody sees who chose what."""

    several: bool
    open: bool
    closes: AwareDatetime | None
    closed: bool
    people: int
    options: list[PollOption]


class Attachment(Out):
    """A picture or file that came with a post. Its bytes are at `content`, for whoever may see the post."""

    id: int
    name: str
    media_type: str
    size: int
    alt: str
    content: Path


class Preview(Out):
    """What the page behind the first link of a post says of itself."""

    link: str
    title: str
    description: str
    site: str


class Post(Item):
    """A post: its Markdown (`body`), its HTML, how people reacted (`mine`: you), and what its kind brings along: the comment that
    `answer`s a question, the `poll`, whom praise is for."""

    kind: PostKind
    body: str
    html: str
    edited: AwareDatetime | None
    reactions: dict[Reaction, int]
    mine: list[Reaction]
    pinned: bool
    hidden: bool
    archived: bool
    locked: bool
    shares: int | None = Field(description="The number of the post that this one points at, where you see both.")
    answer: int | None
    poll: Poll | None
    praised: list[Who]
    files: list[Attachment]
    preview: Preview | None


class PostState(Out):
    """Words that a post or comment had, from a moment on; the last are those that stand."""

    body: str
    since: AwareDatetime


class PostStates(Out):
    items: list[PostState]
    next: Next


class Draft(Out):
    """What you have not posted yet: a draft, a scheduled post, or one that could not be posted (`problem`). Nobody else sees it."""

    id: int
    space: str
    state: DraftState
    kind: PostKind
    body: str
    publish: AwareDatetime | None
    problem: str
    updated: AwareDatetime


class Drafts(Out):
    items: list[Draft]
    next: Next


class Posts(Out):
    items: list[Post]
    next: Next


class Topic(Out):
    """A topic, as people write it (`key`) and as it is called in your language."""

    key: str
    name: str
    url: Path
    description: str


class TopicWhole(Topic):
    """A topic, and whether you follow it."""

    follows: bool


class Topics(Out):
    items: list[Topic]
    next: Next


class Use(Out):
    """Something that names a topic."""

    object: str
    url: Path
    title: str
    author: Who
    created: AwareDatetime


class Uses(Out):
    items: list[Use]
    next: Next


class SpaceNews(Out):
    """How many posts of others are new in a space since you were last there: 100 stands for more."""

    space: str
    new: int


class News(Out):
    items: list[SpaceNews]
    next: Next


class GroupNamed(Out):
    """A group that you may speak to, by the `name` that you write behind the @."""

    name: str
    space: str


class Mentions(Out):
    """Whom you may mention: groups, and people, the likeliest first."""

    groups: list[GroupNamed]
    people: list[Who]


class Bookmark(Out):
    """Something that you keep. `title` and `url` are null for what you can no longer see."""

    object: str
    url: Path | None
    title: str | None
    note: str
    remind_at: AwareDatetime | None
    created: AwareDatetime


class Bookmarks(Out):
    items: list[Bookmark]
    next: Next


class TextQuote(Out):
    """TextQuoteSelector (W3C Web Annotation Data Model, 4.2.4): the words, and what stands before and after them."""

    type: Literal["TextQuoteSelector"] = "TextQuoteSelector"
    exact: str
    prefix: str
    suffix: str


class TextPosition(Out):
    """TextPositionSelector (4.2.5): code points of the text content of the thing's HTML."""

    type: Literal["TextPositionSelector"] = "TextPositionSelector"
    start: int
    end: int


class Fragment(Out):
    """FragmentSelector (4.2.1): an area of a picture, or of a page of a document, such as `page=3&xywh=percent:10,20,30,40` (Media
    Fragments URI 1.0; RFC 8118).
    """

    type: Literal["FragmentSelector"] = "FragmentSelector"
    conformsTo: str
    value: str


class Target(Out):
    """The words, or the area, that a thread is about, on the `revision` on which they were looked for last. `lost`: since when they
    stand there no more; then the selectors say where they were. An area stays on the revision on which it was made.
    """

    source: Path
    made_on: int
    revision: int
    lost: AwareDatetime | None
    selector: list[TextQuote | TextPosition | Fragment]


class Comment(Out):
    """A comment on something (`on`: post, page, file or entry, and its number). `state` is that of a thread, null for others; a
    `held` one nobody else knows.
    """

    id: int
    url: Path
    on: str
    reply_to: int | None
    author: Who
    as_role: Role | None
    body: str
    html: str
    phase: str | None
    created: AwareDatetime
    updated: AwareDatetime
    edited: AwareDatetime | None
    purpose: Purpose
    motivation: str = Field(description="The purpose as the W3C Web Annotation Data Model names it (3.3.5).")
    audience: CommentAudience
    held: AwareDatetime | None
    state: ThreadState | None
    state_since: AwareDatetime | None
    target: Target | None
    replacement: str | None


class Comments(Out):
    items: list[Comment]
    next: Next


class PageLine(Item):
    """A page of a wiki, without its words."""

    path: str
    title: str
    revision: int
    editor: Who
    tags: list[str]
    template: Template


class Page(PageLine):
    """A page of a wiki, as it stands."""

    body: str
    html: str


class Pages(Out):
    items: list[PageLine]
    next: Next


class RevisionLine(Out):
    """A saved state of a page, without its words."""

    number: int
    title: str
    summary: str
    author: Who
    created: AwareDatetime
    removed: bool = Field(False, description="Its words were taken away.")


class Revision(RevisionLine):
    """A saved state of a page."""

    body: str
    html: str


class Revisions(Out):
    items: list[RevisionLine]
    next: Next


class Entry(Item):
    """A journal entry. `prompt` is the question that it answers."""

    title: str
    body: str
    html: str
    prompt: int | None


class EntryWhole(Entry):
    """A journal entry, with the people whom you named; nobody else is told whom an author named."""

    people: list[str]


class Entries(Out):
    items: list[Entry]
    next: Next


class Prompt(Out):
    """A question to reflect on. An answer is a journal entry with its number."""

    id: int
    space: str | None
    text: str
    audience: Audience
    opens: AwareDatetime
    closes: AwareDatetime


class Prompts(Out):
    items: list[Prompt]
    next: Next


# ---- what is told ---------------------------------------------------------------------------------------------------


class Where(Out):
    """The part of a file that an excerpt is of: a page, slide or sheet, which one from 1, and what it is called."""

    kind: Annotated[str, OneOf(("page", "slide", "sheet"))]
    number: int
    title: str


class Hit(Out):
    """Something found. `excerpt` is HTML: the words around, what was looked for within `<mark>`; `where` the part they stand in."""

    kind: str
    id: int
    title: str
    excerpt: str
    where: Where | None
    url: Path
    space: str | None
    author: Who | None
    updated: AwareDatetime | None
    score: float


class Facets(Out):
    """How many hits there are of each kind, in each space, from each phase, in each language."""

    kind: dict[str, int]
    space: dict[str, int]
    phase: dict[str, int]
    language: dict[str, int]


class SearchAnswer(Out):
    """What a search found. `relaxed`: nothing had all the words, these have some."""

    items: list[Hit]
    next: Next
    total: int
    facets: Facets
    suggestion: str | None
    relaxed: bool


class Notification(Out):
    """Something you were told, and why. `thread` is what it hangs on: of a comment the thing below which it stands."""

    id: int
    verb: str
    reason: str
    topic: NoticeTopic
    object: str
    thread: str
    url: Path
    space: str | None
    actor: Who | None
    created: AwareDatetime
    read: AwareDatetime | None


class Notifications(Out):
    items: list[Notification]
    next: Next
    unread: int


class Message(Out):
    """Something said in a conversation."""

    id: int
    conversation: int
    url: Path
    author: Who
    body: str
    html: str
    created: AwareDatetime
    edited: AwareDatetime | None


class Messages(Out):
    items: list[Message]
    next: Next


class Conversation(Out):
    """A talk of two, or of a small group. `people` are the others in it; `last` is null when it was taken back."""

    id: int
    url: Path
    title: str
    group: bool
    people: list[Who]
    last: Message | None
    unread: bool
    created: AwareDatetime


class Conversations(Out):
    items: list[Conversation]
    next: Next
    unread: int


class Unread(Out):
    unread: int


class NoticeChoice(Out):
    """What holds for you (`value`), what would hold if you had chosen nothing (`inherited`), and whether you chose."""

    name: str
    value: str
    inherited: str
    chosen: bool


class NoticeChoices(Out):
    """What reaches you, and how: `talk.mail` is on or off, `wait` a number of minutes, `digest` how often."""

    choices: list[NoticeChoice]


class NoticeLevel(Out):
    """How near you want to be to a space or a thing; null follows what stands above it."""

    on: str
    level: Level | None


class Event(Out):
    """Something at a time and a place, for the people of a space."""

    id: int
    space: str
    title: str
    place: str
    description: str
    starts: AwareDatetime
    ends: AwareDatetime


class Events(Out):
    items: list[Event]
    next: Next


class ActivityLine(Out):
    """A line of the log: who did what to which thing. `type` is the ActivityStreams 2.0 name of the verb."""

    id: int
    verb: str
    type: str
    object: str
    actor: Who | None
    space: str | None
    created: AwareDatetime


class Activities(Out):
    """Lines after an id, oldest first. `last` is how far the log was looked through: ask for what comes `after` it."""

    items: list[ActivityLine]
    next: Next
    last: int


PersonWhole.model_rebuild()
Me.model_rebuild()
