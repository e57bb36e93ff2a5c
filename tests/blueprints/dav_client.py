"""A drive in the hands of a test: a password of a person of the cast, and requests with it."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, unquote
from xml.etree.ElementTree import Element, fromstring

from flask import Flask
from flask.testing import FlaskClient

from community.people.actions import create_token
from community.people.models import Token
from tests.world import World

BRIDGE = "/dav/Noorderlicht"


class Drive:
    """`Drive(app, world, "noor")` asks as Noor's computer would; `path` is as people read it."""

    def __init__(self, app: Flask, world: World, name: str) -> None:
        self.client: FlaskClient = app.test_client()
        self.email = f"{name.replace('_', '-')}@waterland.example"
        token, self.password = create_token(
            world.actor(name), world.person(name), name="laptop", scope="drive", days=None
        )
        self.token_id = token.id

    def __call__(self, method: str, path: str, *, body: bytes | str = b"", **headers: Any) -> Any:
        sent = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        if "Destination" in sent:
            sent["Destination"] = "http://localhost" + quote(sent["Destination"])
        basic = base64.b64encode(f"{self.email}:{self.password}".encode()).decode()
        return self.client.open(
            quote(path), method=method, data=body, headers={"Authorization": f"Basic {basic}", **sent}
        )

    def listed(self, path: str) -> list[str]:
        """The names in a folder, folders with a slash."""
        found = self("PROPFIND", path, Depth="1")
        assert found.status_code == 207, (found.status_code, found.text)
        names = list(fromstring(found.data))[1:]
        return [_name(response) for response in names]

    def lock(self, path: str, *, seconds: int = 600, **headers: Any) -> Any:
        """LOCK as office programs send it."""
        body = (
            '<?xml version="1.0" encoding="utf-8"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
            "<D:locktype><D:write/></D:locktype><D:owner><D:href>Word</D:href></D:owner></D:lockinfo>"
        )
        return self("LOCK", path, body=body, Timeout=f"Second-{seconds}", Depth="0", **headers)


def _name(response: Element) -> str:
    way = unquote(response.findtext("{DAV:}href") or "")
    return way.rstrip("/").rpartition("/")[2] + ("/" if way.endswith("/") else "")


__all__ = ["BRIDGE", "Drive", "Token"]
