"""Everything that was handed in and the reader may see, across teams, in one table; for coaches, what to do next with it."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import render_template, request
from flask_babel import gettext as _

from blueprints.addresses import url_of
from blueprints.cards import space_title
from blueprints.doors import actor
from blueprints.submissions.frame import bp, state_badge
from community.errors import NotFound
from community.permissions import may
from community.submissions.queries import (
    FILTERS,
    guides_of,
    guides_somebody,
    held_results,
    milestones_among,
    reads_any,
    results_of,
    submissions_for,
    teams_among,
)


def _filters() -> list[tuple[str, str]]:
    words = {
        "all": _("All"),
        "unassigned": _("Nobody looks yet"),
        "waiting": _("Without a result"),
        "held": _("Result held"),
        "revise": _("Revise"),
        "not_yet": _("Not yet"),
        "open": _("Open"),
        "done": _("Done"),
    }
    return [(name, words[name]) for name in FILTERS]


@bp.get("/submissions")
def table() -> str:
    """`?only=unassigned|waiting|held|revise|not_yet|open|done`, `milestone=`, `team=`, `mine=1`."""
    who = actor()
    guides = guides_somebody(who)
    if not guides and not reads_any(who):
        raise NotFound()
    only = request.args.get("only", "all")
    only = only if only in FILTERS else "all"
    milestones, teams = milestones_among(who), teams_among(who)
    wanted, slug = request.args.get("milestone", type=int), request.args.get("team", "")
    milestone = next((one for one, _place in milestones if one.id == wanted), None)
    team = next((one for one in teams if one.slug == slug), None)
    mine = "mine" in request.args
    found = submissions_for(
        who, only=only, milestone=milestone, space=team, mine=mine, before=request.args.get("before", type=int)
    )
    results = results_of(who, found.items)
    asked = {
        "milestone": milestone.id if milestone else None,
        "team": team.slug if team else None,
        "mine": "1" if mine else None,
    }

    def address(**changes: object) -> str:
        held = {name: value for name, value in {"only": only, **asked, **changes}.items() if value not in (None, "all")}
        return "/submissions" + ("?" + urlencode(held) if held else "")

    looks = guides_of({one.space_id for one in found.items if may(who, "assess", one)})
    return render_template(
        "submissions/table.html",
        rows=[
            {
                "submission": one,
                "url": url_of(one),
                "team": space_title(one.space),
                "badge": state_badge(one.state),
                "held": one.id in results and results[one.id].released_at is None,
                "guides": looks.get(one.space_id, []),
            }
            for one in found.items
        ],
        chips=[
            (name, words, address(only=name), None)
            for name, words in _filters()
            if guides or name in ("all", "open", "done")
        ],
        only=only,
        milestones=[(one.id, f"{one.title}, {place}") for one, place in milestones],
        teams=[(one.slug, space_title(one)) for one in teams],
        milestone=milestone,
        team=team,
        mine=mine,
        guides=guides,
        held=len(held_results(who)) if guides else 0,
        more=address(before=found.next) if found.next else "",
        narrowed=bool(milestone or team or mine or only != "all"),
        place="coaching" if guides else "team",
    )
