"""The first visit is light: at most 150 kB on the line and 12 requests, with nothing in the browser's cache.

gunicorn serves what it has; the front server of `make serve` compresses (.serve/nginx.conf). So what is served as text is
compressed here, as that server would, and both figures are held.
"""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import Response

from tests.browser.house import People, Visitor

MOST_BYTES = 150_000
MOST_REQUESTS = 12
TEXT = ("text/", "application/json", "application/javascript", "image/svg+xml")
HEAD = 250  # what the headers of an answer weigh, about


@pytest.mark.parametrize("path", ["/login", "/", "/spaces/noorderlicht", "/search"])
def test_a_first_visit_is_light(people: People, path: str) -> None:
    visitor = people.somebody() if path == "/login" else people.enter("samir")
    answers = collected(visitor)
    visitor.go(path)
    visitor.page.wait_for_load_state("networkidle")
    weights = {answer.url: weight(answer) for answer in answers}
    total = sum(weights.values())
    print(f"\n{path}: {len(weights)} requests, {total / 1000:.1f} kB compressed")
    assert len(weights) <= MOST_REQUESTS, sorted(weights)
    assert total <= MOST_BYTES, weights


def collected(visitor: Visitor) -> list[Response]:
    answers: list[Response] = []

    def came(answer: Response) -> None:
        """Pictures that people put there are theirs, not the weight of the house: other journeys may have left some."""
        if answer.request.resource_type != "image" or "/assets/" in answer.url:
            answers.append(answer)

    visitor.page.on("response", came)
    return answers


def weight(answer: Response) -> int:
    """Bytes on the line behind a front server that compresses text."""
    body = answer.body() if answer.status == 200 else b""
    text = answer.headers.get("content-type", "").startswith(TEXT)
    if text and "content-encoding" not in answer.headers:
        body = gzip.compress(body, 6)
    return len(body) + HEAD
