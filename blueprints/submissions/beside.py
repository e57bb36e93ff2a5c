"""The same page in several submissions of a team, side by side: what is new in each is marked."""

from __future__ import annotations

from flask import render_template, request

from blueprints.addresses import space_url, url_of
from blueprints.cards import space_title
from blueprints.doors import actor
from blueprints.submissions.frame import bp, state_badge
from community.errors import NotFound
from community.submissions.beside import MOST, laid_beside
from community.submissions.queries import page_in, pages_among, submissions_among


@bp.get("/submissions/beside")
def beside() -> str:
    """`?of=12&of=15&of=18` the submissions; `page=` which page of theirs; `only=changes` leaves out what stayed."""
    asked = [int(one) for one in request.args.getlist("of") if one.isascii() and one.isdigit() and len(one) < 19]
    found = submissions_among(actor(), asked[:MOST])
    if not found:
        raise NotFound()
    pages = pages_among(actor(), found)
    wanted = request.args.get("page", type=int)
    source = next((page.source for page in pages if page.source == wanted), None)
    if source is None and pages:
        source = max(pages, key=lambda page: page.times).source
    copies = page_in(actor(), found, source) if source is not None else {}
    only = request.args.get("only") == "changes"
    rows = laid_beside([copies[one.id].body_html if one.id in copies else "" for one in found])
    space = found[0].space
    return render_template(
        "submissions/beside.html",
        columns=[(one, url_of(one), copies.get(one.id), state_badge(one.state)) for one in found],
        pages=pages,
        source=source,
        only=only,
        rows=[row for row in rows if row.is_changed or not only],
        changed=any(row.is_changed for row in rows),
        of=[one.id for one in found],
        team=space_title(space),
        team_url=space_url(space.slug, "submissions") if space.id in actor().roles else "/submissions",
        place="team",
    )
