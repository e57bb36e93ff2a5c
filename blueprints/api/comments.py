"""Comments, wherever they stand: on posts, pages, files and journal entries."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from blueprints.addresses import url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, made_once
from blueprints.api.files import file_at
from blueprints.api.making import comment_out, phases_of
from blueprints.api.reading import Given, Stretch, number_cursor
from blueprints.api.wiki import page_at
from blueprints.doors import actor
from community.comments.actions import MAX_COMMENT, create_comment, delete_comment, edit_comment
from community.comments.models import Comment
from community.comments.queries import comment_for, comments_of
from community.errors import Invalid, NotFound, _l
from community.journal.queries import entry_for
from community.microblog.queries import post_for
from community.submissions.queries import submission_for


class CommentsAsked(Stretch):
    sort: schemas.Order = "oldest"


class NewComment(Given):
    body: str = Field(min_length=1, max_length=MAX_COMMENT, description="Markdown.")
    reply_to: int | None = Field(None, ge=1, lt=10**18, description="The number of the comment that it answers.")


class CommentChanges(Given):
    body: str = Field(min_length=1, max_length=MAX_COMMENT, description="Markdown.")


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
    url, phases = url_of(parent), phases_of(part)
    return schemas.Comments(
        items=[comment_out(comment, phases, url) for comment in part],
        next=str(part[-1].id) if len(found) > len(part) else None,
    )


def _version(comment: Comment) -> str:
    return f"c{comment.id}-{int(comment.updated_at.timestamp() * 1_000_000):x}"


def _one(comment: Comment, status: int | None = None) -> Reply:
    at = f"/api/v1/comments/{comment.id}" if status == 201 else ""
    return Reply(comment_out(comment, phases_of([comment])), _version(comment), status, at)


def _write(parent: Any, given: NewComment) -> Reply:
    answered = None
    if given.reply_to is not None:
        try:
            answered = comment_for(actor(), given.reply_to)
        except NotFound:
            raise Invalid("reply_to", _l("That comment belongs to something else.")) from None
    made = made_once(lambda: create_comment(actor(), parent, body=given.body, reply_to=answered))
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
    """It is as visible as what it hangs on."""
    return _one(comment_for(actor(), number))


@call("PATCH", "/comments/<id:number>", "Change a comment", given=CommentChanges, answer=schemas.Comment, bases=True)
def change_comment(number: int, given: CommentChanges) -> Reply:
    """For its author."""
    comment = comment_for(actor(), number)
    base = comment.updated_at.isoformat() if based_on(_version(comment)) else None
    edit_comment(actor(), comment, body=given.body, base=base)
    return _one(comment_for(actor(), number))


@call("DELETE", "/comments/<id:number>", "Take a comment away", bases=True)
def remove_comment(number: int) -> Reply:
    """For its author and the staff of the space. Replies stay."""
    comment = comment_for(actor(), number)
    based_on(_version(comment))
    delete_comment(actor(), comment)
    return Reply()
