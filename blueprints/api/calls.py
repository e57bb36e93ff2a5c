"""One decorator makes a call of the API, and with it its line of the OpenAPI document, so that the document cannot lie.

    @call("POST", "/spaces/<slug>/posts", "Say something in a space", given=NewPost, answer=PostOut, status=201, once=True)
    def write_post(slug: str, given: NewPost) -> Reply: ...

What comes in is read by `reading` into the model that was named, before the function runs. What goes out must be the model
that was named: the words of a database row never reach a caller by themselves. Single things carry an ETag (RFC 9110, 8.8.3).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, current_app, request
from pydantic import BaseModel
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from blueprints.api.reading import Given, Query, read_body, read_query
from blueprints.api.refusals import Refused
from blueprints.doors import actor
from community.activity.once import once as do_once
from community.errors import _l

bp = Blueprint("api", __name__, url_prefix="/api/v1")

LONGEST_KEY = 255


class Number(BaseConverter):
    """The number of a thing: as large as a database can hold, and no larger."""

    regex = "[1-9][0-9]{0,17}"
    part_isolating = True

    def to_python(self, value: str) -> int:
        return int(value)


@bp.record_once
def _know_numbers(state: Any) -> None:
    app: Flask = state.app
    app.url_map.converters["id"] = Number


@dataclass(frozen=True)
class Call:
    """One call, as the decorator was told. `sends` and `gives` name a media type where bytes travel instead of JSON."""

    name: str
    method: str
    rule: str
    words: str
    more: str
    answer: type[BaseModel] | None
    status: int
    query: type[Query] | None
    given: type[Given] | None
    sends: str
    gives: str
    once: bool
    bases: bool
    open: bool
    also: tuple[int, ...]
    others: tuple[type[BaseModel], ...]


@dataclass(frozen=True)
class Reply:
    """What a call answers. `version` names the state that an edit starts from (`If-Match`); `at` is where a new thing is."""

    body: BaseModel | None = None
    version: str = ""
    status: int | None = None
    at: str = ""


CALLS: list[Call] = []


def call(
    method: str,
    rule: str,
    words: str,
    *,
    answer: type[BaseModel] | None = None,
    status: int | None = None,
    query: type[Query] | None = None,
    given: type[Given] | None = None,
    sends: str = "",
    gives: str = "",
    once: bool = False,
    bases: bool = False,
    open: bool = False,
    also: tuple[int, ...] = (),
    others: tuple[type[BaseModel], ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function a call. It gets what stands in the path, `asked` (the query) and `given` (the body), and gives a
    Reply, the model that was promised, or, where bytes travel, a response. `once`: it honours Idempotency-Key; `bases`: it
    honours If-Match; `also` and `others`: statuses and models that it may answer with besides.
    """

    def make(do: Callable[..., Any]) -> Callable[..., Any]:
        said = (do.__doc__ or "").strip()
        usual = status or (200 if answer is not None or gives else 204)
        line = Call(
            name=do.__name__,
            method=method,
            rule=rule,
            words=words,
            more=said,
            answer=answer,
            status=usual,
            query=query,
            given=given,
            sends=sends,
            gives=gives,
            once=once,
            bases=bases,
            open=open,
            also=also,
            others=others,
        )
        CALLS.append(line)

        @wraps(do)
        def view(**path: Any) -> Response:
            path |= {"asked": read_query(query)} if query is not None else _no_query()
            if given is not None:
                path["given"] = read_body(given)
            return _answered(line, do(**path))

        bp.add_url_rule(rule, do.__name__, view, methods=[method])
        return do

    return make


def _no_query() -> dict[str, Any]:
    read_query(Query)
    return {}


def _answered(line: Call, made: Any) -> Response:
    if line.gives and isinstance(made, Response):
        return made
    reply = made if isinstance(made, Reply) else Reply(made)
    if reply.body is None:
        assert line.answer is None or reply.status == 204, f"{line.name} promised {line.answer}"
        return current_app.response_class(status=reply.status or line.status)
    assert type(reply.body) in (line.answer, *line.others), f"{line.name} gave {type(reply.body).__name__}"
    text = reply.body.model_dump_json()
    tag = hashlib.sha256(text.encode()).hexdigest()[:20]
    if reply.version:
        tag = f"{reply.version}.{tag}"
    answer: Response = current_app.response_class(text, status=reply.status or line.status, mimetype="application/json")
    answer.set_etag(tag)
    if reply.at:
        answer.headers["Location"] = reply.at
    if line.method == "GET" and request.if_none_match.contains_weak(tag):
        answer = current_app.response_class(status=304)
        answer.set_etag(tag)
    return answer


def based_on(version: str, *, needed: bool = False) -> bool:
    """Whether the caller says with If-Match that they know this version. False without the header.

    The part of an ETag before the point names the state that can be edited; behind it stands the rest of the answer (counts,
    reactions), which may change without making an edit stale. A proxy that compresses makes tags weak: that is forgiven.
    Raises Refused: 412 for another version, 428 (RFC 6585) when the header is `needed` and missing.
    """
    if "If-Match" not in request.headers:
        if needed:
            raise Refused(428, _l("Send If-Match with the ETag of what you read, so that nobody's words are lost."))
        return False
    tags = request.if_match
    if tags.star_tag or version in {(tag or "").rsplit(".", 1)[0] for tag in tags.as_set(include_weak=True)}:
        return True
    raise Refused(412, _l("Somebody changed this since you read it. Read it again, then send yours."))


def only_if_absent() -> bool:
    """Whether the caller wants this made only where nothing stands: `If-None-Match: *` (RFC 9110, 13.1.2)."""
    return request.if_none_match.star_tag


def fingerprint(*values: Any) -> str:
    """A version for what has no number of its own."""
    return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()[:16]


def made_once(do: Callable[[], Any]) -> Any:
    """What `do()` makes, or what it made when the same Idempotency-Key came before with the same request.

    Raises KeyReused (422) when the key came before with another one.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise Refused(
            422, _l("Use a key of up to %(limit)d characters."), facts={"limit": LONGEST_KEY}, field="Idempotency-Key"
        )
    body = hashlib.sha256(request.get_data()).hexdigest()
    return do_once(actor(), key, do, asked=f"{request.method} {request.path} {body}")
