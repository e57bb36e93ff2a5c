"""The site as it is, which also says in `X-Committed` when an action had committed (time.monotonic), for `delivery`."""

from __future__ import annotations

import time

from flask import Response, g, has_request_context

from community.ports import ports
from wsgi import create_app

app = create_app()
_poke = ports.poke


def _note_and_poke() -> None:
    if has_request_context():
        g.committed = time.monotonic()
    _poke()


@app.after_request
def _say(answer: Response) -> Response:
    committed = g.pop("committed", None)
    if committed is not None:
        answer.headers["X-Committed"] = repr(committed)
    return answer


ports.poke = _note_and_poke
