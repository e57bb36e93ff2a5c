"""The place of posts: pinned, hidden, archived, locked, moved, shared."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blueprints.api import schemas
from blueprints.api.calls import Reply, call, made_once
from blueprints.api.making import phases_of, post_out
from blueprints.api.reading import Given
from blueprints.doors import actor
from community.arranging import actions
from community.errors import Invalid, NotFound, _l
from community.microblog.plan import MAX_POST
from community.microblog.queries import dress, post_for
from community.spaces.models import Space
from community.spaces.queries import space_for


class Pin(Given):
    until: AwareDatetime | None = Field(None, description="Until when; without end when left out.")


class Move(Given):
    space: str = Field(min_length=1, max_length=60, description="The space it goes to.")


class Share(Given):
    space: str = Field(min_length=1, max_length=60, description="The space to point at it from.")
    body: str = Field(min_length=1, max_length=MAX_POST, description="A few words, Markdown.")


def _post(number: int, status: int | None = None) -> Reply:
    post = post_for(actor(), number)
    item = dress(actor(), [post], with_comments=False)[0]
    at = f"/api/v1/posts/{number}" if status == 201 else ""
    return Reply(post_out(item, phases_of([post])), status=status, at=at)


def _place(slug: str) -> Space:
    try:
        return space_for(actor(), slug)
    except NotFound:
        raise Invalid("space", _l("Choose one of your spaces.")) from None


@call("PUT", "/posts/<id:number>/pin", "Put a post above the stream", given=Pin, answer=schemas.Post)
def pin_post(number: int, given: Pin) -> Reply:
    """For the staff of the space. Three at most stand there."""
    actions.pin_post(actor(), post_for(actor(), number), until=given.until)
    return _post(number)


@call("DELETE", "/posts/<id:number>/pin", "Put a post back in its place")
def unpin_post(number: int) -> Reply:
    """For the staff of the space."""
    actions.unpin_post(actor(), post_for(actor(), number))
    return Reply()


@call("PUT", "/posts/<id:number>/hidden", "Leave a post out of the stream", answer=schemas.Post)
def hide_post(number: int) -> Reply:
    """For its author and the staff of the space. It is still found."""
    actions.hide_post(actor(), post_for(actor(), number))
    return _post(number)


@call("DELETE", "/posts/<id:number>/hidden", "Show a post in the stream again")
def show_post(number: int) -> Reply:
    """For its author and the staff of the space."""
    actions.show_post(actor(), post_for(actor(), number))
    return Reply()


@call("PUT", "/posts/<id:number>/archived", "Archive a post", answer=schemas.Post)
def archive_post(number: int) -> Reply:
    """For its author and the staff of the space. It can be read and found; nobody adds to it."""
    actions.archive_post(actor(), post_for(actor(), number))
    return _post(number)


@call("DELETE", "/posts/<id:number>/archived", "Bring an archived post back")
def reopen_post(number: int) -> Reply:
    """For its author and the staff of the space."""
    actions.reopen_post(actor(), post_for(actor(), number))
    return Reply()


@call("PUT", "/posts/<id:number>/locked", "Take no more comments below a post", answer=schemas.Post)
def lock_thread(number: int) -> Reply:
    """For the staff of the space."""
    actions.lock_thread(actor(), post_for(actor(), number))
    return _post(number)


@call("DELETE", "/posts/<id:number>/locked", "Take comments again")
def unlock_thread(number: int) -> Reply:
    """For the staff of the space."""
    actions.unlock_thread(actor(), post_for(actor(), number))
    return Reply()


@call("POST", "/posts/<id:number>/move", "Move a post to another space", given=Move, answer=schemas.Post)
def move_post(number: int, given: Move) -> Reply:
    """For its author while nobody else has answered, and for who is staff in both. Its comments go along; its audience is never
    wider than the new space."""
    actions.move_post(actor(), post_for(actor(), number), _place(given.space))
    return _post(number)


@call(
    "POST",
    "/posts/<id:number>/share",
    "Point at a post from another space",
    given=Share,
    answer=schemas.Post,
    status=201,
    once=True,
)
def share_post(number: int, given: Share) -> Reply:
    """The post and its comments stay where they are; who does not see it there sees your words alone."""
    post = post_for(actor(), number)
    made = made_once(lambda: actions.share_post(actor(), post, _place(given.space), body=given.body))
    return _post(made.id, 201)
