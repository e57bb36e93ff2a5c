"""What no database can hold never comes as far as one: numbers beyond 64 bits, and U+0000 (PostgreSQL refuses it in text).

A number in a path that is too large is nowhere (404); `request.args.get(…, type=int)` and `request.form.get(…, type=int)`
give the default, as they do for what is no number. No browser sends U+0000: 404 in an address, 400 in a form. The API has a
gate of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, abort, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import IntegerConverter, Map

LARGEST = 2**63 - 1


def whole(text: str) -> int:
    """A whole number that a database can hold. Raises ValueError."""
    number = int(text)
    if not -LARGEST <= number <= LARGEST:
        raise ValueError("larger than a database can hold")
    return number


class Fields(ImmutableMultiDict[str, str]):
    """What came in the query or in a form."""

    def get(self, key: str, default: Any = None, type: Callable[[str], Any] | None = None) -> Any:  # type: ignore[override]
        return super().get(key, default, whole if type is int else type)  # type: ignore[arg-type]


class BoundedRequest(Request):
    """A request whose numbers fit."""

    parameter_storage_class = Fields


class Whole(IntegerConverter):
    """`<int:number>` in a rule: from 0 to the largest that a database can hold."""

    def __init__(self, map: Map, fixed_digits: int = 0, min: int | None = None, max: int | None = LARGEST) -> None:
        super().__init__(map, fixed_digits, min, max)


def _refuse_nul() -> None:
    if request.path.startswith("/api/"):
        return
    if "\x00" in request.path or any("\x00" in name + value for name, value in request.args.items(multi=True)):
        abort(404)
    if request.method == "POST" and any("\x00" in name + value for name, value in request.form.items(multi=True)):
        abort(400)


def init_app(app: Flask) -> None:
    """Call it before any route is made."""
    app.request_class = BoundedRequest
    app.url_map.converters["int"] = Whole
    app.before_request(_refuse_nul)
