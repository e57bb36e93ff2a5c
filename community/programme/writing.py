"""Write a programme back as TOML that reads back equal, for `flask programme export` and for copying a programme."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from community.programme.sheet import Programme


def write_programme(programme: Programme) -> str:
    """The TOML text of a programme. What is empty is left out; texts of several lines stay readable."""
    head = {"name": programme.name, "slug": programme.slug, "aim": programme.aim}
    cohort = {"name": programme.cohort.name, "slug": programme.cohort.slug, "timezone": programme.cohort.zone}
    parts = ["[programme]", *_lines(head.items()), "", "[cohort]", *_lines(cohort.items()), ""]
    agreed = _lines((each.name, getattr(programme.coaching, each.name)) for each in fields(programme.coaching))
    parts += ["[coaching]", *agreed, ""] if agreed else []
    for title, entries in (
        ("sponsor", programme.sponsors),
        ("facilitator", programme.facilitators),
        ("coach", programme.coaches),
        ("question", programme.questions),
        ("phase", programme.phases),
        ("team", programme.teams),
        ("prompt", programme.prompts),
        ("event", programme.events),
        ("milestone", programme.milestones),
    ):
        for entry in entries:
            named = ((each.name, getattr(entry, each.name)) for each in fields(entry))
            parts += [f"[[{title}]]", *_lines(named), ""]
    return "\n".join(parts)


def _lines(named: Iterable[tuple[str, Any]]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in named if value not in ("", (), None, False)]


def _value(value: Any) -> str:
    if value is True:
        return "true"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    if "\n" in value:
        body = "\n".join(_string(line)[1:-1] for line in value.split("\n"))
        return f'"""\n{body}"""'
    return _string(value)


def _string(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, except that DEL must be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
