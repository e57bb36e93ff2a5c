"""A double click is one thing: forms carry a key, and what was made with it answers the second time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar

from flask import Flask, g, request
from markupsafe import Markup

from blueprints.doors import actor
from community.activity.once import once

T = TypeVar("T")


def once_key() -> str:
    """A fresh key for one form; what keeps a page as a whole finds those on it in `g.once_keys`."""
    key = secrets.token_urlsafe(12)
    g.once_keys = (*g.get("once_keys", ()), key)
    return key


def once_field() -> Markup:
    """The hidden field that names this form, for templates: `{{ once() }}` or, as a bare value, `once_key()`."""
    return Markup('<input type="hidden" name="once" value="{}">').format(once_key())


def guarded(do: Callable[[], T]) -> T:
    """Run `do()` for the form of this request, or give what it made when the same form arrived before."""
    made: T = once(actor(), request.form.get("once", "")[:64], do)
    return made


def init_app(app: Flask) -> None:
    """Give templates `once()`."""
    app.jinja_env.globals.update(once=once_field, once_key=once_key)
