"""Programs that call the API: each with the token of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.people.actions import create_token
from tests.world import World

BASE = "/api/v1"


class Program:
    """A program that acts as somebody. It checks of each answer what must hold of all."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client, self.secret = client, secret

    def __call__(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}", **more.pop("headers", {})}
        answer: TestResponse = self.client.open(BASE + path, method=method, headers=headers, **more)
        if answer.status_code >= 400:
            assert answer.content_type == "application/problem+json", answer.data
            assert answer.json["status"] == answer.status_code
            assert answer.json["title"] and answer.json["detail"]
        return answer

    def get(self, path: str, **more: Any) -> TestResponse:
        return self("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self("POST", path, json=json, **more) if json is not None else self("POST", path, **more)

    def put(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self("PUT", path, json=json, **more) if json is not None else self("PUT", path, **more)

    def patch(self, path: str, json: Any, **more: Any) -> TestResponse:
        return self("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> TestResponse:
        return self("DELETE", path, **more)

    def items(self, path: str) -> list[Any]:
        """The whole list, stretch after stretch."""
        found: list[Any] = []
        cursor: str | None = None
        while True:
            query = {"cursor": cursor} if cursor is not None else {}
            answer = self.get(path, query_string=query) if "?" not in path else self.get(path + _and(cursor))
            assert answer.status_code == 200, answer.json
            found += answer.json["items"]
            cursor = answer.json["next"]
            if cursor is None:
                return found


def _and(cursor: str | None) -> str:
    from urllib.parse import quote

    return f"&cursor={quote(cursor, safe='')}" if cursor is not None else ""


def program_of(world: World, client: Callable[[], FlaskClient], name: str, scope: str = "write") -> Program:
    """A program with a fresh token of somebody."""
    _token, secret = create_token(world.actor(name), world.person(name), name="a script", scope=scope)
    return Program(client(), secret)
