"""Posts: the feed, one post, reactions."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from flask import request
from pydantic import AwareDatetime, Field
from werkzeug.wrappers import Response

from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, made_once
from blueprints.api.making import draft_out, phases_of, post_out, slugs_of
from blueprints.api.reading import Flag, Given, Query, Stretch, midnight, number_cursor
from blueprints.api.refusals import Refused
from blueprints.composing import take_file
from blueprints.doors import actor
from blueprints.giving import download
from community.comments.queries import comment_for
from community.errors import _l
from community.extensions import db
from community.markdown import topic_key
from community.microblog.actions import (
    accept_answer,
    create_post,
    delete_post,
    edit_post,
    react,
    remove_preview,
    unaccept_answer,
    unreact,
    vote,
)
from community.microblog.attachments import attachment_for
from community.microblog.drafts import cancel_draft, draft_for, drafts_of, schedule_post
from community.microblog.filters import Asked
from community.microblog.models import Post
from community.microblog.plan import MAX_POST, PostPlan
from community.microblog.polls import PollPlan
from community.microblog.queries import dress, feed, post_for
from community.microblog.revisions import revisions_of
from community.people.queries import person_for
from community.permissions import require
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.visits.queries import new_posts


class StreamAsked(Stretch):
    kind: schemas.PostKind | None = None
    topic: str | None = Field(None, max_length=81, description="Only those that name this topic.")
    author: str | None = Field(None, max_length=60, description="Only of the person with this handle.")
    from_: date | None = Field(None, alias="from", description="Not older than this day (UTC).")
    to: date | None = Field(None, description="Not younger than this day (UTC).")
    involved: Flag = Field(False, description="Only what you wrote, answered, reacted to or are mentioned in.")
    unanswered: Flag = Field(False, description="Only questions that nobody has answered.")
    reaction: schemas.Reaction | None = Field(None, description="Only those with this reaction.")
    state: schemas.InState | None = Field(None, description="What no stream shows: archived, or hidden.")


class FeedAsked(StreamAsked):
    space: str | None = Field(None, max_length=60, description="Only of this space.")


class NewPoll(Given):
    options: list[str] = Field(description="Two to ten different ones.", max_length=40)
    several: bool = Field(False, description="More than one may be chosen.")
    open: bool = Field(False, description="Everybody sees who chose what.")
    closes: AwareDatetime | None = Field(None, strict=False)

    def plan(self) -> PollPlan:
        """As the domain knows it."""
        return PollPlan(tuple(self.options), self.several, self.open, self.closes)


class NewPost(Given):
    body: str = Field(min_length=1, max_length=MAX_POST, description="Markdown.")
    kind: schemas.PostKind = "discussion"
    audience: schemas.SpaceAudience | None = Field(None, description="As the space has it, when left out.")
    poll: NewPoll | None = Field(None, description="What a post of kind poll asks.")
    praised: list[str] = Field([], max_length=40, description="The handles of whom a post of kind praise is for.")


class LaterPost(NewPost):
    publish: AwareDatetime = Field(strict=False, description="When it is to be posted: with the rights you have then.")


class FileHung(Query):
    name: str = Field("file", min_length=1, max_length=255, description="What the file is called, with its ending.")
    alt: str = Field("", max_length=300, description="What a picture shows, for those who cannot see it.")


class PostChanges(Given):
    body: str = Field(min_length=1, max_length=MAX_POST, description="Markdown.")


class Answer(Given):
    comment: int = Field(ge=1, lt=10**18, description="The number of a comment on this post.")


class Choice(Given):
    options: list[Annotated[int, Field(ge=1, lt=10**18)]] = Field(
        max_length=10, description="The numbers of options; none takes your choice back."
    )


def _version(post: Post) -> str:
    """Made of the moment of the last change: what `edit_post` takes for its base."""
    return f"p{post.id}-{int(post.updated_at.timestamp() * 1_000_000):x}"


def _post(post: Post, status: int | None = None) -> Reply:
    item = dress(actor(), [post], with_comments=False)[0]
    at = f"/api/v1/posts/{post.id}" if status == 201 else ""
    return Reply(post_out(item, phases_of([post])), _version(post), status, at)


def _base(post: Post) -> str | None:
    return post.updated_at.isoformat() if based_on(_version(post)) else None


def _filters(asked: StreamAsked) -> Asked:
    """The same filters as a page has (blueprints/filters.py)."""
    return Asked(
        kind=asked.kind,
        topic=topic_key(asked.topic.lstrip("#")) if asked.topic else None,
        author_id=person_for(actor(), asked.author).id if asked.author else None,
        since=midnight(asked.from_),
        until=midnight(asked.to, later=1),
        involved=asked.involved,
        unanswered=asked.unanswered,
        reaction=asked.reaction,
        state=asked.state or "",
    )


def _stretch(asked: StreamAsked, space: Space | None = None) -> schemas.Posts:
    page = feed(
        actor(),
        space=space,
        asked=_filters(asked),
        only_mine=True,
        before=number_cursor(asked),
        limit=min(asked.many, 100),
        with_comments=False,
    )
    phases = phases_of(item.post for item in page.items)
    after = str(page.next) if page.next is not None else None
    return schemas.Posts(items=[post_out(item, phases) for item in page.items], next=after)


@call("GET", "/feed", "Posts of your spaces, newest first", query=FeedAsked, answer=schemas.Posts)
def read_feed(asked: FeedAsked) -> schemas.Posts:
    """As you may see them."""
    space = space_to_enter(actor(), asked.space) if asked.space else None
    return _stretch(asked, space)


@call("GET", "/news", "What is new in your spaces", answer=schemas.News)
def read_news() -> schemas.News:
    """For each of your spaces that you have been to before, how many posts are new since; those without any are left out."""
    counts = new_posts(actor())
    slugs = slugs_of(counts)
    items = [schemas.SpaceNews(space=slugs[held], new=many) for held, many in sorted(counts.items()) if held in slugs]
    return schemas.News(items=items, next=None)


@call("GET", "/spaces/<slug>/posts", "Posts of a space, newest first", query=StreamAsked, answer=schemas.Posts)
def list_posts(slug: str, asked: StreamAsked) -> schemas.Posts:
    """As you may see them."""
    return _stretch(asked, space_to_enter(actor(), slug))


@call(
    "POST",
    "/spaces/<slug>/posts",
    "Say something in a space",
    given=NewPost,
    answer=schemas.Post,
    status=201,
    once=True,
)
def write_post(slug: str, given: NewPost) -> Reply:
    """Announcements are for the staff; a poll has a `poll`, praise says whom it is for.

    With an Idempotency-Key it is said once, however often you send it."""
    space = space_to_enter(actor(), slug)
    poll = given.poll.plan() if given.poll is not None else None
    made = made_once(
        lambda: create_post(
            actor(),
            space,
            body=given.body,
            kind=given.kind,
            audience=given.audience,
            poll=poll,
            praised=given.praised,
        )
    )
    return _post(post_for(actor(), made.id), 201)


@call("GET", "/posts/<id:number>", "A post", answer=schemas.Post)
def read_post(number: int) -> Reply:
    """Its Markdown, its HTML, and the reactions."""
    return _post(post_for(actor(), number))


@call("PATCH", "/posts/<id:number>", "Change a post", given=PostChanges, answer=schemas.Post, bases=True)
def change_post(number: int, given: PostChanges) -> Reply:
    """For its author."""
    post = post_for(actor(), number)
    edit_post(actor(), post, body=given.body, base=_base(post))
    return _post(post_for(actor(), number))


@call("DELETE", "/posts/<id:number>", "Take a post away", bases=True)
def remove_post(number: int) -> Reply:
    """For its author and the staff of the space. Its comments go with it."""
    post = post_for(actor(), number)
    delete_post(actor(), post, base=_base(post))
    return Reply()


@call("PUT", "/posts/<id:number>/reactions/<name>", "React", answer=schemas.Post)
def put_reaction(number: int, name: str) -> Reply:
    """`insight`, `thanks`, `celebrate` or `me-too`. Twice is once."""
    react(actor(), post_for(actor(), number), name=name)
    return _post(post_for(actor(), number))


@call("DELETE", "/posts/<id:number>/reactions/<name>", "Take a reaction back")
def remove_reaction(number: int, name: str) -> Reply:
    """Without one nothing changes."""
    unreact(actor(), post_for(actor(), number), name=name)
    return Reply()


@call("PUT", "/posts/<id:number>/answer", "Accept an answer", given=Answer, answer=schemas.Post)
def accept(number: int, given: Answer) -> Reply:
    """For whoever asked the question, and the staff of the space. It takes the place of an earlier one."""
    accept_answer(actor(), post_for(actor(), number), comment_for(actor(), given.comment))
    return _post(post_for(actor(), number))


@call("DELETE", "/posts/<id:number>/answer", "Open a question again")
def unaccept(number: int) -> Reply:
    """For whoever asked it, and the staff of the space."""
    unaccept_answer(actor(), post_for(actor(), number))
    return Reply()


@call("PUT", "/posts/<id:number>/vote", "Choose in a poll", given=Choice, answer=schemas.Post)
def choose(number: int, given: Choice) -> Reply:
    """In place of what you chose before, until it closes."""
    vote(actor(), post_for(actor(), number), options=given.options)
    return _post(post_for(actor(), number))


@call("GET", "/posts/<id:number>/revisions", "What a post said before", answer=schemas.PostStates)
def list_post_revisions(number: int) -> schemas.PostStates:
    """Oldest first, the words that stand last. For whoever may see the post."""
    post = post_for(actor(), number)
    states = [schemas.PostState(body=held.body, since=held.created_at) for held in revisions_of(post)]
    states.append(schemas.PostState(body=post.body, since=post.edited_at or post.created_at))
    return schemas.PostStates(items=states, next=None)


@call("DELETE", "/posts/<id:number>/preview", "Remove the preview of a link")
def drop_preview(number: int) -> Reply:
    """For the author of the post."""
    remove_preview(actor(), post_for(actor(), number))
    return Reply()


@call(
    "POST",
    "/posts/<id:number>/files",
    "Hang a file on a post",
    query=FileHung,
    sends="*/*",
    answer=schemas.Post,
    status=201,
    also=(413,),
)
def hang_file(number: int, asked: FileHung) -> Reply:
    """The bytes are the body; `alt` says what a picture shows. Pictures lose where and when they were taken. Up to ten a post."""
    post = post_for(actor(), number)
    require(actor(), "edit", post)
    db.session.rollback()  # no transaction waits for somebody's slow line
    came = take_file(request.stream, asked.name, asked.alt)
    post = post_for(actor(), number)
    edit_post(actor(), post, body=post.body, files=[came])
    return _post(post_for(actor(), number), 201)


@call("GET", "/posts/<id:number>/files/<id:file>", "A file of a post", gives="*/*", also=(206, 416))
def read_hung(number: int, file: int) -> Response:
    """Its bytes, whole or the range that you ask for, as long as you may see the post."""
    held = attachment_for(post_for(actor(), number), file)
    answer = download(held)
    if answer.status_code == 416:
        raise Refused(416, _l("The file has no such range."), headers={"Content-Range": f"bytes */{held.size}"})
    return answer


@call("DELETE", "/posts/<id:number>/files/<id:file>", "Take a file off a post")
def drop_hung(number: int, file: int) -> Reply:
    """For the author of the post."""
    post = post_for(actor(), number)
    held = attachment_for(post, file)
    edit_post(actor(), post, body=post.body, drop=[held.id])
    return Reply()


@call("GET", "/drafts", "What you have not posted yet", answer=schemas.Drafts)
def list_drafts() -> schemas.Drafts:
    """Drafts and scheduled posts, yours alone."""
    return schemas.Drafts(items=[draft_out(draft) for draft in drafts_of(actor())], next=None)


@call(
    "POST",
    "/spaces/<slug>/drafts",
    "Say something later",
    given=LaterPost,
    answer=schemas.Draft,
    status=201,
)
def schedule(slug: str, given: LaterPost) -> Reply:
    """A post that is made at a moment to come. Nobody else sees it before."""
    poll = given.poll.plan() if given.poll is not None else None
    plan = PostPlan(given.body, given.kind, given.audience, poll, tuple(given.praised))
    kept = schedule_post(actor(), space_to_enter(actor(), slug), plan, at=given.publish)
    return Reply(draft_out(draft_for(actor(), kept.id)), at="/api/v1/drafts")


@call("DELETE", "/drafts/<id:number>", "Do not post this after all")
def drop_draft(number: int) -> Reply:
    """Yours alone; its words go."""
    cancel_draft(actor(), draft_for(actor(), number))
    return Reply()
