"""The stream of a space, single posts and their comments; the feed of everything that is mine."""

from __future__ import annotations

from operator import attrgetter

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.asked import asked_about
from blueprints.cards import comment_cards, post_card, space_head
from blueprints.composing import (
    Composer,
    composer_for,
    files_sent,
    moment_sent,
    numbers_sent,
    plan_sent,
    values_sent,
)
from blueprints.doors import actor
from blueprints.face import wants_fragment
from blueprints.filters import asked_here
from blueprints.language import say
from blueprints.margin import refuse, words_form
from blueprints.mishaps import said, status_of
from blueprints.once import guarded
from blueprints.since import fresh_above, line_in
from blueprints.threads import chosen, marked
from community.activity.outbox import end_for
from community.comments.actions import create_comment
from community.comments.queries import AT_ONCE, anchors_of, comment_for, comments_of, left_beyond, start_of
from community.errors import Conflict, Invalid, TooMany
from community.microblog.actions import create_post, delete_post, edit_post, publish_scheduled, react, unreact
from community.microblog.attachments import Arrived, attached_to
from community.microblog.drafts import change_draft, draft_for, drop_draft_in, schedule_post
from community.microblog.models import Post, PostDraft
from community.microblog.queries import FeedItem, dress, feed, post_for
from community.notifications.reading import mark_read_about
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.visits.models import EVERYWHERE

bp = Blueprint("microblog", __name__)


@bp.get("/spaces/<slug>")
def stream(slug: str) -> Response | str:
    """The stream of a space; `?before=` goes on below, `?after=` gives what is new as a fragment."""
    space = space_to_enter(actor(), slug)
    if "stream" not in space.tools:
        return redirect(url_for("spaces.about", slug=slug))
    return _stream(space)


def _stream(space: Space, composer: Composer | None = None) -> str | Response:
    who = actor()
    last = end_for(actor())  # before anything is read: what comes meanwhile is told twice rather than never
    asked, bar = asked_here(who, space_url(space.slug))
    before = request.args.get("before", type=int)
    page = feed(
        who,
        space=space,
        asked=asked,
        before=before,
        after=request.args.get("after", type=int),
        with_comments=False,
        pinned=not bar.now,
    )
    cards = [post_card(who, item) for item in page.items]
    line = line_in(who, space.id, page, before, noted=not bar.now)
    if wants_fragment():
        return render_template("microblog/_posts.html", cards=cards, show_space=False)
    whole = render_template(
        "microblog/stream.html",
        space=space,
        head=space_head(who, space, "stream"),
        cards=cards,
        pinned=[post_card(who, item) for item in page.pinned],
        older=page.next,
        fresh=fresh_above(who, page, line, before),
        line=line,
        live=before is None and not bar.now,
        last=last,
        composer=composer or (_composer(space) if may(who, "post", space) else None),
        bar=bar,
        place="team" if space.kind == "team" else "spaces",
    )
    return make_response(whole, 422) if bar.errors and request.method == "GET" else whole


def _composer(space: Space) -> Composer:
    """The form that makes a post here; `?draft=` opens one that waits."""
    wanted = request.args.get("draft", type=int)
    return composer_for(space, draft=draft_for(actor(), wanted) if wanted else None)


@bp.post("/spaces/<slug>")
def write(slug: str) -> Response:
    """Post in a space, now or later. What is refused comes back in its field."""
    space = space_to_enter(actor(), slug)
    wanted = request.form.get("draft", type=int)
    draft = draft_for(actor(), wanted) if wanted else None
    files: list[Arrived] = []
    try:
        files = files_sent()
        where = _said(space, draft, files)
    except (Invalid, TooMany) as fault:
        space = space_to_enter(actor(), slug)
        errors = {fault.field if isinstance(fault, Invalid) else "body": said(fault)}
        if request.files.getlist("files")[0:1] and request.files.getlist("files")[0].filename:
            errors.setdefault("files", _("Choose your files again."))
        draft = draft_for(actor(), wanted) if wanted else None
        again = _stream(space, composer_for(space, draft=draft, values=values_sent(), errors=errors))
        return make_response(again, status_of(fault))
    return redirect(where, 303)


def _said(space: Space, draft: PostDraft | None, files: list[Arrived]) -> str:
    """Do what the form asks; gives where to go then."""
    who, plan, at = actor(), plan_sent(), moment_sent("publish_at")
    if at is not None:
        kept = schedule_post(who, space, plan, at=at, draft=draft, files=files)
        flash(_("This is posted %(moment)s. Until then only you see it.", moment=say(kept.publish_at or at)), "message")
        return "/drafts"
    if draft is not None and draft.state != "draft":
        change_draft(who, draft, plan, files=files)
        post = publish_scheduled(who, draft)
    else:
        post = guarded(
            lambda: create_post(
                who,
                space,
                body=plan.body,
                kind=plan.kind,
                audience=plan.audience,
                poll=plan.poll,
                praised=plan.praised,
                files=files,
            )
        )
        drop_draft_in(who, space)
    flash(_("Posted."), "message")
    return f"{space_url(space.slug)}#post-{post.id}"


def post_in(slug: str, post_id: int) -> Post:
    """The post behind an address. Where it was before it moved, who sees it is led to where it is."""
    post = post_for(actor(), post_id)
    if post.space.slug != slug:
        if request.method != "GET":
            abort(404)
        rest = request.full_path.partition(f"/posts/{post_id}")[2].rstrip("?")
        abort(redirect(url_of(post) + rest, 302))
    return post


@bp.get("/spaces/<slug>/posts/<int:post_id>")
def post(slug: str, post_id: int) -> str:
    """One post with all its comments; `?after=` gives newer comments as a fragment."""
    return _post(post_in(slug, post_id))


def _post(found: Post, *, draft: str = "", error: str = "") -> str:
    who = actor()
    url, last = url_of(found), end_for(actor())
    talks = may(who, "comment", found)
    newest, at = request.args.get("sort") == "newest", request.args.get("at", type=int)
    comments = comments_of(
        who,
        found,
        after=request.args.get("after", type=int) if at is None else start_of(at),
        before=request.args.get("before", type=int),
        newest=newest and at is None,
        gaps=True,
    )
    anchors = anchors_of(who, comments)
    cards = comment_cards(
        who,
        sorted(comments, key=attrgetter("id")),
        url,
        talks=talks,
        question=found if found.kind == "question" else None,
        open_=found.archived_at is None,
        anchors=anchors,
    )
    if newest and at is None:
        cards.sort(key=lambda card: (not card.is_answer, -card.id))  # what answers the question stays first
    threads = [(one, anchors[one.id]) for one in comments if one.id in anchors and one.deleted_at is None]
    if wants_fragment():
        if request.args.get("part") == "words":
            return render_template("parts/marked.html", words=marked(found.body_html, threads)[0])
        return render_template("microblog/_comments.html", cards=cards)
    more_url, left = "", 0
    if len(comments) == AT_ONCE:
        left = left_beyond(who, found, comments[-1], newest=newest)
        more_url = f"{url}?sort=newest&before={comments[-1].id}" if newest else f"{url}?after={comments[-1].id}"
    mark_read_about(who, "post", found.id)
    reply = request.args.get("reply", type=int)
    answered = next((comment for comment in comments if comment.id == reply and comment.deleted_at is None), None)
    card = post_card(who, dress(who, [found], with_comments=False)[0])
    if threads:
        card.body_html = marked(card.body_html, threads)[0]
    if "words" in request.form:
        draft = error = ""  # it was typed in the form for words, and stands there
    return render_template(
        "microblog/post.html",
        post=found,
        space=found.space,
        head=space_head(who, found.space, "stream", slim=True),
        card=card,
        words_form=words_form(found) if found.shared_id is None else None,
        asked=asked_about(found),
        comments=cards,
        newest=newest,
        more_url=more_url if left else "",
        left=left,
        last=last,
        url=url,
        talks=talks,
        answered=answered,
        draft=draft,
        error=error,
        place="team" if found.space.kind == "team" else "spaces",
    )


@bp.post("/spaces/<slug>/posts/<int:post_id>/comments")
def comment(slug: str, post_id: int) -> Response | tuple[str, int]:
    """Answer a post, or a comment below it."""
    found = post_in(slug, post_id)
    body = request.form.get("body", "")
    reply = request.form.get("reply_to", type=int)
    answered = comment_for(actor(), reply) if reply else None
    try:
        made = guarded(lambda: create_comment(actor(), found, body=body, reply_to=answered, **chosen()))
    except Invalid as fault:  # what was read before is forgotten with the transaction: open the door again
        refuse(fault)
        return _post(post_in(slug, post_id), draft=body, error=said(fault)), 422
    return redirect(url_of(made), 303)


@bp.post("/spaces/<slug>/posts/<int:post_id>/react")
def react_to(slug: str, post_id: int) -> Response | str:
    """React, or take the reaction back; with `X-Fragment` the post as it is then."""
    found = post_in(slug, post_id)
    who, name = actor(), request.form.get("name", "")
    before = dress(who, [found], with_comments=False)[0]
    (unreact if name in before.mine else react)(who, found, name=name)
    if wants_fragment():
        item: FeedItem = dress(who, [post_for(who, post_id)], with_comments=False)[0]
        return render_template("microblog/_posts.html", cards=[post_card(who, item)], show_space=False)
    return redirect(f"{space_url(slug)}#post-{post_id}", 303)


@bp.get("/spaces/<slug>/posts/<int:post_id>/edit")
def edit_form(slug: str, post_id: int) -> str:
    """The words of a post, to change them."""
    found = post_in(slug, post_id)
    if not may(actor(), "edit", found):
        abort(403)
    return _edit(found, found.body, found.updated_at.isoformat())


def _edit(found: Post, body: str, base: str, error: str = "", theirs: str = "", files_error: str = "") -> str:
    return render_template(
        "microblog/edit.html",
        files=attached_to(post_id=found.id),
        files_error=files_error,
        takes_files=True,
        title=_("Edit your post"),
        action=f"{url_of(found)}/edit",
        back=url_of(found),
        body=body,
        base=base,
        error=error,
        theirs=theirs,
    )


@bp.post("/spaces/<slug>/posts/<int:post_id>/edit")
def edit(slug: str, post_id: int) -> Response | tuple[str, int]:
    """Save the changed words; a stale form shows both texts."""
    found = post_in(slug, post_id)
    body = request.form.get("body", "")
    files: list[Arrived] = []
    drop = numbers_sent("drop")
    try:
        files = files_sent()
        edit_post(actor(), found, body=body, base=request.form.get("base") or None, files=files, drop=drop)
    except Invalid as fault:
        found, words = post_in(slug, post_id), said(fault)
        wrong = {"files_error": words} if fault.field == "files" else {"error": words}
        return _edit(found, body, request.form.get("base", ""), **wrong), 422
    except Conflict as fault:
        found = post_in(slug, post_id)
        return _edit(found, body, found.updated_at.isoformat(), said(fault), fault.theirs), 409
    flash(_("Saved."), "message")
    return redirect(url_of(found), 303)


@bp.get("/spaces/<slug>/posts/<int:post_id>/delete")
def delete_form(slug: str, post_id: int) -> str:
    """Ask before a post goes."""
    found = post_in(slug, post_id)
    if not may(actor(), "delete", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete this post?"),
        words=_("Its comments go with it. This cannot be taken back."),
        yes=_("Delete post"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/spaces/<slug>/posts/<int:post_id>/delete")
def delete(slug: str, post_id: int) -> Response:
    """Take a post away."""
    delete_post(actor(), post_in(slug, post_id))
    flash(_("Deleted."), "message")
    return redirect(space_url(slug), 303)


@bp.get("/feed")
def mine() -> str | Response:
    """Everything new in the spaces where I have a role; filters as in a space."""
    who, last = actor(), end_for(actor())
    asked, bar = asked_here(who, "/feed")
    before = request.args.get("before", type=int)
    page = feed(
        who,
        asked=asked,
        only_mine=True,
        before=before,
        after=request.args.get("after", type=int),
        with_comments=False,
    )
    cards = [post_card(who, item) for item in page.items]
    line = line_in(who, EVERYWHERE, page, before, noted=not bar.now)
    if wants_fragment():
        return render_template("microblog/_posts.html", cards=cards, show_space=True)
    whole = render_template(
        "microblog/feed.html",
        cards=cards,
        older=page.next,
        bar=bar,
        fresh=fresh_above(who, page, line, before),
        line=line,
        live=before is None and not bar.now,
        place="home",
        last=last,
    )
    return make_response(whole, 422) if bar.errors else whole
