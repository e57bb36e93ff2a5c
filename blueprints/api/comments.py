"""Comments, wherever they stand: on posts, pages, files and journal entries."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from blueprints.addresses import url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, made_once
from blueprints.api.files import file_at
from blueprints.api.making import comment_out, phases_of
from blueprints.api.reading import Given, Stretch, number_cursor
from blueprints.api.wiki import page_at
from blueprints.doors import actor
from community.comments.actions import (
    MAX_COMMENT,
    MAX_HELD,
    apply_suggestion,
    create_comment,
    delete_comment,
    edit_comment,
    hold_comment,
    place_again,
    release_comments,
    reopen_thread,
    resolve_thread,
)
from community.comments.anchors import LONGEST, Selector
from community.comments.models import Comment
from community.comments.queries import anchors_of, comment_for, comments_of, held_by
from community.comments.regions import CONFORMS, Region, region_from
from community.errors import Invalid, NotFound, _l
from community.journal.queries import entry_for
from community.microblog.queries import post_for
from community.submissions.queries import submission_for


class CommentsAsked(Stretch):
    sort: schemas.Order = "oldest"


class GivenQuote(Given):
    """TextQuoteSelector: the words, and some of what stands before and after them where they occur more than once."""

    type: Literal["TextQuoteSelector"]
    exact: str = Field(min_length=1, max_length=LONGEST)
    prefix: str = Field("", max_length=200)
    suffix: str = Field("", max_length=200)


class GivenPosition(Given):
    """TextPositionSelector: in code points of the text content of the HTML."""

    type: Literal["TextPositionSelector"]
    start: int = Field(ge=0, lt=10**7)
    end: int = Field(ge=0, lt=10**7)


class GivenFragment(Given):
    """FragmentSelector: an area of a picture, or of a page of a document, in percent from the top left."""

    type: Literal["FragmentSelector"]
    conformsTo: str = Field(CONFORMS, max_length=200)
    value: str = Field(
        min_length=1,
        max_length=200,
        description="Such as `page=3&xywh=percent:10,20,30,40`; `page=3` for a whole page.",
    )


class GivenTarget(Given):
    """Words of the thing, or an area of what is to be seen of it. Of words at least a TextQuoteSelector: where a position says
    something else, the words count. Of an area one FragmentSelector.
    """

    selector: list[Annotated[GivenQuote | GivenPosition | GivenFragment, Field(discriminator="type")]] = Field(
        min_length=1, max_length=2
    )
    leaf: int = Field(
        0,
        ge=0,
        lt=2**31,
        description="Of a submission: its page, where the words stand on several of them.",
    )


class NewComment(Given):
    body: str = Field(min_length=1, max_length=MAX_COMMENT, description="Markdown.")
    reply_to: int | None = Field(None, ge=1, lt=10**18, description="The number of the comment that it answers.")
    purpose: schemas.Purpose = ""
    audience: schemas.CommentAudience = ""
    held: bool = Field(False, description="Keep it as a draft that nobody else sees, until it is released.")
    target: GivenTarget | None = Field(
        None, description="The words, or the area, that it is about; then it is a thread."
    )
    replacement: str | None = Field(
        None,
        max_length=LONGEST,
        description="Of a suggestion: Markdown to put in the place of those words, “” to take them out.",
    )


class CommentChanges(Given):
    body: str = Field(min_length=1, max_length=MAX_COMMENT, description="Markdown.")
    replacement: str | None = Field(
        None, max_length=LONGEST, description="Of a suggestion, as above; null for none any more, left out to keep it."
    )


class NewPlace(Given):
    target: GivenTarget


class Released(Given):
    comments: list[Annotated[int, Field(ge=1, lt=10**18)]] = Field(min_length=1, max_length=MAX_HELD)


def _selector(target: GivenTarget | None) -> Selector | Region | None:
    if target is None:
        return None
    area = next((one for one in target.selector if isinstance(one, GivenFragment)), None)
    if area is not None:
        try:
            return region_from(area.value)
        except ValueError:
            raise Invalid("target", _l("Say the area like page=3&xywh=percent:10,20,30,40.")) from None
    quote = next((one for one in target.selector if isinstance(one, GivenQuote)), None)
    if quote is None:
        raise Invalid("target", _l("Say the words too, with a TextQuoteSelector."))
    position = next((one for one in target.selector if isinstance(one, GivenPosition)), None)
    return Selector(quote.exact, quote.prefix, quote.suffix, position.start if position is not None else -1)


def comments_list(parent: Any, asked: CommentsAsked) -> schemas.Comments:
    """Comments on a thing that the caller came to."""
    newest, cursor = asked.sort == "newest", number_cursor(asked)
    found = comments_of(
        actor(),
        parent,
        after=None if newest else cursor,
        before=cursor if newest else None,
        limit=asked.many + 1,
        newest=newest,
    )
    part = found[: asked.many]
    url, phases, anchors = url_of(parent), phases_of(part), anchors_of(actor(), part)
    return schemas.Comments(
        items=[comment_out(comment, phases, url, anchors.get(comment.id)) for comment in part],
        next=str(part[-1].id) if len(found) > len(part) else None,
    )


def _version(comment: Comment) -> str:
    moved = max(comment.updated_at, comment.state_at or comment.updated_at)
    return f"c{comment.id}-{int(moved.timestamp() * 1_000_000):x}{comment.state[:2]}"


def _one(comment: Comment, status: int | None = None) -> Reply:
    at = f"/api/v1/comments/{comment.id}" if status == 201 else ""
    anchor = anchors_of(actor(), [comment]).get(comment.id)
    return Reply(comment_out(comment, phases_of([comment]), anchor=anchor), _version(comment), status, at)


def _write(parent: Any, given: NewComment) -> Reply:
    answered = None
    if given.reply_to is not None:
        try:
            answered = comment_for(actor(), given.reply_to)
        except NotFound:
            raise Invalid("reply_to", _l("That comment belongs to something else.")) from None
    anchor = _selector(given.target)
    made = made_once(
        lambda: create_comment(
            actor(),
            parent,
            body=given.body,
            reply_to=answered,
            purpose=given.purpose,
            audience=given.audience,
            held=given.held,
            anchor=anchor,
            leaf=given.target.leaf if given.target is not None else 0,
            replacement=given.replacement,
        )
    )
    return _one(comment_for(actor(), made.id), 201)


def said(number: int) -> Reply:
    """A comment that was just made."""
    return _one(comment_for(actor(), number), 201)


@call("GET", "/posts/<id:number>/comments", "Comments on a post", query=CommentsAsked, answer=schemas.Comments)
def list_post_comments(number: int, asked: CommentsAsked) -> schemas.Comments:
    """Oldest first, or with `sort=newest` the other way round."""
    return comments_list(post_for(actor(), number), asked)


@call(
    "POST", "/posts/<id:number>/comments", "Answer a post",
    given=NewComment, answer=schemas.Comment, status=201, once=True,
)  # fmt: skip
def comment_on_post(number: int, given: NewComment) -> Reply:
    """`reply_to` answers a comment below it."""
    return _write(post_for(actor(), number), given)


@call(
    "GET",
    "/spaces/<slug>/wiki/<path:path>/comments",
    "Comments on a page",
    query=CommentsAsked,
    answer=schemas.Comments,
)
def list_page_comments(slug: str, path: str, asked: CommentsAsked) -> schemas.Comments:
    """Oldest first, or with `sort=newest` the other way round."""
    return comments_list(page_at(slug, path), asked)


@call(
    "POST", "/spaces/<slug>/wiki/<path:path>/comments", "Say something about a page",
    given=NewComment, answer=schemas.Comment, status=201, once=True,
)  # fmt: skip
def comment_on_page(slug: str, path: str, given: NewComment) -> Reply:
    """`reply_to` answers a comment below it."""
    return _write(page_at(slug, path), given)


@call(
    "GET",
    "/spaces/<slug>/files/<path:name>/comments",
    "Comments on a file",
    query=CommentsAsked,
    answer=schemas.Comments,
)
def list_file_comments(slug: str, name: str, asked: CommentsAsked) -> schemas.Comments:
    """Oldest first, or with `sort=newest` the other way round."""
    return comments_list(file_at(slug, name), asked)


@call(
    "POST", "/spaces/<slug>/files/<path:name>/comments", "Say something about a file",
    given=NewComment, answer=schemas.Comment, status=201, once=True,
)  # fmt: skip
def comment_on_file(slug: str, name: str, given: NewComment) -> Reply:
    """`reply_to` answers a comment below it."""
    return _write(file_at(slug, name), given)


@call(
    "GET", "/journal/<id:number>/comments", "Comments on a journal entry", query=CommentsAsked, answer=schemas.Comments
)
def list_entry_comments(number: int, asked: CommentsAsked) -> schemas.Comments:
    """Oldest first, or with `sort=newest` the other way round."""
    return comments_list(entry_for(actor(), number), asked)


@call(
    "POST", "/journal/<id:number>/comments", "Answer a journal entry",
    given=NewComment, answer=schemas.Comment, status=201, once=True,
)  # fmt: skip
def comment_on_entry(number: int, given: NewComment) -> Reply:
    """`reply_to` answers a comment below it."""
    return _write(entry_for(actor(), number), given)


@call(
    "GET", "/submissions/<id:number>/comments", "Comments on what was handed in",
    query=CommentsAsked, answer=schemas.Comments,
)  # fmt: skip
def list_submission_comments(number: int, asked: CommentsAsked) -> schemas.Comments:
    """Oldest first, or with `sort=newest` the other way round."""
    return comments_list(submission_for(actor(), number), asked)


@call(
    "POST", "/submissions/<id:number>/comments", "Say something about what was handed in",
    given=NewComment, answer=schemas.Comment, status=201, once=True,
)  # fmt: skip
def comment_on_submission(number: int, given: NewComment) -> Reply:
    """`reply_to` answers a comment below it."""
    return _write(submission_for(actor(), number), given)


@call("GET", "/comments/<id:number>", "A comment", answer=schemas.Comment)
def read_comment(number: int) -> Reply:
    """At most as visible as what it hangs on."""
    return _one(comment_for(actor(), number))


@call("PATCH", "/comments/<id:number>", "Change a comment", given=CommentChanges, answer=schemas.Comment, bases=True)
def change_comment(number: int, given: CommentChanges) -> Reply:
    """For its author."""
    comment = comment_for(actor(), number)
    base = comment.updated_at.isoformat() if based_on(_version(comment)) else None
    replacement = given.replacement if "replacement" in given.model_fields_set else ...
    edit_comment(actor(), comment, body=given.body, base=base, replacement=replacement)
    return _one(comment_for(actor(), number))


@call("DELETE", "/comments/<id:number>", "Take a comment away", bases=True)
def remove_comment(number: int) -> Reply:
    """For its author and the staff of the space. Replies stay."""
    comment = comment_for(actor(), number)
    based_on(_version(comment))
    delete_comment(actor(), comment)
    return Reply()


# ---- threads and held drafts ----------------------------------------------------------------------------------------


@call("POST", "/comments/<id:number>/resolve", "Resolve a thread", answer=schemas.Comment)
def resolve_one(number: int) -> Reply:
    """For who began it, coaches, and who writes there; what must be answered, only once it is answered."""
    resolve_thread(actor(), comment_for(actor(), number))
    return _one(comment_for(actor(), number))


@call("POST", "/comments/<id:number>/reopen", "Open a thread again", answer=schemas.Comment)
def reopen_one(number: int) -> Reply:
    """For who began it, coaches, and the author of the thing."""
    reopen_thread(actor(), comment_for(actor(), number))
    return _one(comment_for(actor(), number))


@call("POST", "/comments/<id:number>/apply", "Put suggested words in", answer=schemas.Comment)
def apply_one(number: int) -> Reply:
    """A revision of the thing, for who may edit it; the thread is resolved."""
    apply_suggestion(actor(), comment_for(actor(), number))
    return _one(comment_for(actor(), number))


@call("PUT", "/comments/<id:number>/target", "Put a thread on other words", given=NewPlace, answer=schemas.Comment)
def place_comment(number: int, given: NewPlace) -> Reply:
    """For who began it and who writes there."""
    anchor = _selector(given.target)
    assert anchor is not None
    place_again(actor(), comment_for(actor(), number), anchor=anchor, leaf=given.target.leaf)
    return _one(comment_for(actor(), number))


@call("POST", "/comments/<id:number>/hold", "Take a comment back", answer=schemas.Comment)
def hold_one(number: int) -> Reply:
    """For its author, while nobody has gone on below it: it becomes a held draft."""
    hold_comment(actor(), comment_for(actor(), number))
    return _one(comment_for(actor(), number))


@call("GET", "/comments/held", "My held comments", answer=schemas.Comments)
def list_held() -> schemas.Comments:
    """Oldest first, at most 200."""
    found = held_by(actor())
    phases, anchors = phases_of(found), anchors_of(actor(), found)
    return schemas.Comments(items=[comment_out(one, phases, anchor=anchors.get(one.id)) for one in found], next=None)


@call("POST", "/comments/release", "Release held comments", given=Released, answer=schemas.Comments)
def release_some(given: Released) -> schemas.Comments:
    """All of them or none. Those that are not held any more stay as they are, and are not in the answer."""
    found = [comment_for(actor(), one.id) for one in release_comments(actor(), given.comments)]
    phases, anchors = phases_of(found), anchors_of(actor(), found)
    return schemas.Comments(items=[comment_out(one, phases, anchor=anchors.get(one.id)) for one in found], next=None)
