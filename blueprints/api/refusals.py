"""What the API refuses, as problem documents (RFC 9457): what the domain says, and what only HTTP knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from blueprints.mishaps import problem, said
from community.activity.once import KeyReused
from community.errors import Conflict
from community.extensions import db
from community.files.storage import TooLarge


class Refused(Exception):
    """The request cannot be served: `status` (RFC 9110), a sentence marked with `_l`, and what the document says besides."""

    def __init__(
        self, status: int, sentence: str, *, headers: Mapping[str, str] | None = None, facts: Any = None, **extra: Any
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, dict(headers or {})
        self.facts: dict[str, Any] = facts or {}
        self.extra = extra


def register(bp: Blueprint) -> None:
    """Answer for these; the rest of what the domain refuses is said by `mishaps`."""

    @bp.errorhandler(Refused)
    def refused(fault: Refused) -> Response:
        db.session.rollback()
        answer = problem(fault.status, gettext(fault.sentence, **fault.facts), **fault.extra)
        answer.headers.update(fault.headers)
        return answer

    @bp.errorhandler(KeyReused)
    def reused(fault: KeyReused) -> Response:
        db.session.rollback()
        return problem(422, said(fault), field="Idempotency-Key")

    @bp.errorhandler(Conflict)
    def conflict(fault: Conflict) -> Response:
        """Somebody was first: 412 when the caller named a base with If-Match, else 409."""
        db.session.rollback()
        based = "If-Match" in request.headers or "If-None-Match" in request.headers
        return problem(412 if based and request.method != "GET" else 409, said(fault))

    @bp.errorhandler(TooLarge)
    def too_large(fault: TooLarge) -> Response:
        db.session.rollback()
        return problem(413, said(fault), field=fault.field)
