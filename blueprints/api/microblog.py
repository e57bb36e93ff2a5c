"""Posts: the feed, one post, reactions."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, made_once
from blueprints.api.making import phases_of, post_out, slugs_of
from blueprints.api.reading import Flag, Given, Stretch, midnight, number_cursor
from blueprints.doors import actor
from community.markdown import topic_key
from community.markup import MAX_BODY
from community.microblog.actions import create_post, delete_post, edit_post, react, unreact
from community.microblog.filters import Asked
from community.microblog.models import Post
from community.microblog.queries import dress, feed, post_for
from community.people.queries import person_for
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
    state: schemas.PostState | None = Field(None, description="What no stream shows: archived, or hidden.")


class FeedAsked(StreamAsked):
    space: str | None = Field(None, max_length=60, description="Only of this space.")


class NewPost(Given):
    body: str = Field(min_length=1, max_length=MAX_BODY, description="Markdown.")
    kind: schemas.PostKind = "discussion"
    audience: schemas.SpaceAudience | None = Field(None, description="As wide as the space, when left out.")


class PostChanges(Given):
    body: str = Field(min_length=1, max_length=MAX_BODY, description="Markdown.")


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
    """Announcements are for the staff. With an Idempotency-Key it is said once, however often you send it."""
    space = space_to_enter(actor(), slug)
    made = made_once(lambda: create_post(actor(), space, body=given.body, kind=given.kind, audience=given.audience))
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
