"""Templates: making a page one, beginning from one, and putting one into a page that is being written."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.mishaps import said
from blueprints.wiki.frame import bp, enter, frame
from community.errors import Invalid, NotFound
from community.markup import excerpt
from community.microblog.queries import post_for
from community.permissions import may
from community.spaces.models import Space
from community.wiki.queries import page_for
from community.wiki.templates import HOWS, inserted, set_template, template_for, templates_for


@bp.get("/spaces/<slug>/wiki-template/<path:path>")
def template_form(slug: str, path: str) -> str:
    """Whether others begin from this page."""
    space = enter(slug)
    found = page_for(actor(), space, path)
    if not may(actor(), "edit", found):
        abort(403)
    choices = [
        ("", _("An ordinary page"), ""),
        ("offered", _("A template"), _("Offered to who begins a page, here and in the spaces below, and may read it.")),
        ("default", _("The template that new pages begin with"), _("A wiki has one of these.")),
    ]
    return render_template(
        "wiki/template.html", page=found, url=url_of(found), choices=choices, **frame(space, open_=found)
    )


@bp.post("/spaces/<slug>/wiki-template/<path:path>")
def template(slug: str, path: str) -> Response:
    """Make a page a template, or a template no longer."""
    found = page_for(actor(), enter(slug), path)
    try:
        set_template(actor(), found, template=request.form.get("template", ""))
    except Invalid as fault:
        flash(said(fault), "warn")
        return redirect(request.url, 303)
    flash(_("Saved."), "message")
    return redirect(url_of(found), 303)


def offered(space: Space) -> list[tuple[int, str]]:
    """The templates that one may begin from here, as the forms list them."""
    return [
        (page.id, page.title if page.space_id == space.id else f"{page.title} ({page.space.name})")
        for page in templates_for(actor(), space)
    ]


def from_post(space: Space) -> dict[str, Any] | None:
    """What a page begins with that is made out of a post of the space: its words, and the way back to it. Raises NotFound."""
    number = request.args.get("post", type=int)
    if not number:
        return None
    post = post_for(actor(), number)
    if post.space_id != space.id:
        raise NotFound()
    back = _("From [what %(name)s said in the stream](%(url)s).", name=post.author.name, url=url_of(post))
    title = next((line.strip("#* ") for line in post.body.split("\n") if line.strip("#* ")), "")
    return {
        "template": 0,
        "title": title if len(title) <= 80 else excerpt(title, 80),
        "body": f"{post.body.rstrip()}\n\n{back}\n",
        "audience": post.audience,
    }


def beginning(space: Space) -> dict[str, Any]:
    """What a new page begins with: a post, the template that was chosen, or that of the space. `template=0` is an empty page."""
    made = from_post(space)
    if made is not None:
        return made
    wanted = request.args.get("template", type=int)
    try:
        found = None if wanted == 0 else template_for(actor(), space, wanted)
    except NotFound:
        found = None
    if found is None:
        return {"template": 0}
    return {"template": found.id, "body": found.body, "tags": ", ".join(found.tags)}


def with_template(space: Space, body: str) -> str:
    """The words of the form with those of the template that was chosen in it."""
    found = template_for(actor(), space, request.form.get("template", type=int) or 0)
    how = request.form.get("how", "append")
    return inserted(body, found.body, how if how in HOWS else "append") if found else body
