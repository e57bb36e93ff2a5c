"""What was handed in, in the pane of the coach's inbox: the first page, the way to the others, and the result."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from blueprints.inbox_panes import pane_is_drawn_by
from blueprints.submissions.frame import result_choices
from community.markup import stored
from community.permissions import Actor
from community.submissions.models import Submission
from community.submissions.queries import item_for, items_of, result_for
from community.wiki.links import with_links


def _draw(who: Actor, found: Submission) -> dict[str, Any]:
    items = items_of(who, found)
    pages = [item for item in items if item.kind == "page"]
    first = item_for(who, found, pages[0].id) if pages else None
    held = result_for(who, found)
    return {
        "open_words": _("Open what was handed in"),
        "audience": "",
        "words": stored(found.body_html),
        "part": "submissions/_pane.html",
        "handed": {
            "first": first,
            "words": with_links(who, found.space, first.body_html) if first is not None else "",
            "pages": pages,
            "files": sum(item.kind == "file" for item in items),
            "attempt": found.attempt,
            "choices": result_choices(),
            "result": held.result if held is not None else "",
            "comment": held.body if held is not None else "",
            "theirs": held is not None and held.author_id != who.id,
            "action": f"/submissions/{found.id}/result",
            "waits": found.waits,
        },
    }


pane_is_drawn_by("submission", _draw)
