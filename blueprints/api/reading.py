"""How the API reads what comes in: strictly, by a list of what is allowed, and so that nothing odd reaches the domain.

JSON is what RFC 8259 says and no more (no NaN, no comments), each name stands once in an object, and no text holds what a
database or a page cannot keep (U+0000, half of a surrogate pair). What is wrong is answered with the field that is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypeVar, get_args

from flask import request
from flask_babel import gettext
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from blueprints.api.refusals import Refused
from community.errors import Invalid, _l

MAX_JSON = 2 * 1_048_576
"""Bytes of a JSON body: the longest text, every character of it escaped as a surrogate pair, and some."""
MOST = 200
"""Of a list at once. Who asks for more gets this many, and the cursor to the rest."""


LEFT: Any = None
"""The default of a field of a PATCH: what is left out stays as it is."""


class Given(BaseModel):
    """A body. What is not named here is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def sent(self) -> dict[str, Any]:
        """The fields that came, by name: what is left out of a PATCH stays as it is."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Query(BaseModel):
    """The part of an address behind the question mark. What is not named here is refused."""

    model_config = ConfigDict(extra="forbid")


def _flag(value: object) -> object:
    return {"": True, "1": True, "true": True, "0": False, "false": False}.get(str(value), value)


Flag = Annotated[bool, BeforeValidator(_flag), Field(strict=True, json_schema_extra={"allowEmptyValue": True})]
"""`?history` alone says yes."""


def whole(value: object) -> object:
    """Digits only: no blanks, underscores or points that Python would forgive."""
    if isinstance(value, str):
        if not value.isascii() or not value.removeprefix("-").isdigit() or len(value) > 19:
            raise ValueError("Write a whole number.")
        return int(value)
    return value


Whole = Annotated[int, BeforeValidator(whole)]


class Stretch(Query):
    """A stretch of a list: up to `limit` things, from where `cursor` says."""

    limit: Whole = Field(50, ge=1, description=f"How many at once; {MOST} at most are given.")
    cursor: str | None = Field(None, max_length=1000, description="The `next` of the answer before.")

    @property
    def many(self) -> int:
        return min(self.limit, MOST)


Q = TypeVar("Q", bound=Query)
G = TypeVar("G", bound=Given)


def read_query(model: type[Q]) -> Q:
    """The query of this request. Raises Refused (422) with the name that is wrong."""
    values: dict[str, Any] = {}
    for name, held in request.args.lists():
        if any("\x00" in text for text in (name, *held)):
            raise _wrong("?", _l("A text holds a character that cannot be kept."))
        field = model.model_fields.get(name) or _aliased(model, name)
        many = field is not None and _is_list(field.annotation)
        if len(held) > 1 and not many:
            raise _wrong(name, _l("Send this once."))
        if held == [""] and field is not None and type(None) in get_args(field.annotation):
            continue
        values[name] = held if many else held[0]
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        raise _said(fault) from None


def _aliased(model: type[BaseModel], name: str) -> Any:
    return next((field for field in model.model_fields.values() if field.alias == name), None)


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) is list


def read_body(model: type[G]) -> G:
    """The JSON body of this request. Raises Refused: 415 for another type, 400 for what is no JSON, 413 for too much, 422
    with the field that is wrong."""
    kind = request.mimetype
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused(415, _l("Send application/json."))
    request.max_content_length = MAX_JSON
    raw = request.get_data()
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except RecursionError:
        raise Refused(400, _l("This JSON is nested too deep.")) from None
    except UnicodeDecodeError:
        raise Refused(400, _l("Send JSON as UTF-8.")) from None
    except ValueError as fault:
        raise Refused(400, _l("This is no JSON: %(why)s"), facts={"why": str(fault)[:120]}) from None
    for place in _unkeepable(value):
        raise _wrong(place, _l("A text holds a character that cannot be kept."))
    try:
        return model.model_validate_json(raw)
    except ValidationError as fault:
        raise _said(fault) from None


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _bad_text(text: str) -> bool:
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def _unkeepable(value: Any) -> Iterator[str]:
    """The places of texts that cannot be kept; without recursion, for it may be nested deep."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        place, here = waiting.pop()
        if isinstance(here, str) and _bad_text(here):
            yield place
        elif isinstance(here, list):
            waiting += [(f"{place}.{number}".lstrip("."), item) for number, item in enumerate(here)]
        elif isinstance(here, dict):
            if any(_bad_text(name) for name in here):
                yield place
            waiting += [(f"{place}.{name}".lstrip("."), item) for name, item in here.items()]


def _wrong(field: str, sentence: str) -> Refused:
    return Refused(422, sentence, field=field)


_SENTENCES = {
    "missing": _l("This is needed."),
    "extra_forbidden": _l("There is no such field here."),
}


def _said(fault: ValidationError) -> Refused:
    """The faults of a model, each with its field; the first is the one that the document names."""
    errors = [
        {"field": ".".join(str(part) for part in error["loc"])[:120], "detail": _sentence(error)[:300]}
        for error in fault.errors(include_url=False, include_context=False, include_input=False)[:20]
    ]
    first = errors[0]
    return Refused(
        422, "%(field)s: %(what)s", facts={"field": first["field"] or "body", "what": first["detail"]}, field=first["field"],
        errors=errors,
    )  # fmt: skip


def _sentence(error: Any) -> str:
    ours = _SENTENCES.get(error["type"])
    return gettext(ours) if ours else str(error["msg"]).removeprefix("Value error, ")


def number_cursor(stretch: Stretch) -> int | None:
    """The cursor of a list that goes by number. Raises Invalid("cursor")."""
    if stretch.cursor is None:
        return None
    if not stretch.cursor.isascii() or not stretch.cursor.isdigit() or len(stretch.cursor) > 18:
        raise Invalid("cursor", _l("This cursor leads nowhere. Begin again without one."))
    return int(stretch.cursor)


def pair_cursor(stretch: Stretch) -> tuple[str, int] | None:
    """The cursor of a list that goes by a word and a number, as `pair` wrote it. Raises Invalid("cursor")."""
    if stretch.cursor is None:
        return None
    number, _, word = stretch.cursor.partition("~")
    if not number.isascii() or not number.isdigit() or len(number) > 18 or not word or _bad_text(word):
        raise Invalid("cursor", _l("This cursor leads nowhere. Begin again without one."))
    return word, int(number)


def pair(word: str, number: int) -> str:
    """`12~Noor`: where a list goes on."""
    return f"{number}~{word}"


def midnight(day: date | None, *, later: int = 0) -> datetime | None:
    """The moment in UTC at which a day begins, or the day so many days `later`. Raises Invalid("to") beyond the calendar."""
    if day is None:
        return None
    try:
        return datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=later)
    except OverflowError:
        raise Invalid("to", _l("Write the date as 2026-06-08.")) from None
