"""The policy goes out with every answer, whoever made it."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask, Response, jsonify

from blueprints import face
from blueprints.security_headers import HEADERS, POLICY, REPORTS_A_MINUTE
from tests.blueprints.gallery import build_gallery


@pytest.fixture
def gallery() -> Flask:
    app = build_gallery()
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("on purpose")

    @app.get("/json")
    def facts() -> Response:
        return jsonify(a=1)

    @app.get("/download")
    def download() -> Response:
        return Response(
            b"bytes", mimetype="application/pdf", headers={"Content-Security-Policy": "sandbox; default-src 'none'"}
        )

    return app


@pytest.mark.parametrize(
    "address", ["/gallery/bits", "/nowhere", "/broken", "/json", "/language", "asset", "/csp-reports"]
)
def test_every_answer_carries_the_policy(gallery: Flask, address: str) -> None:
    answer = gallery.test_client().get(face.asset("app.css") if address == "asset" else address, buffered=True)
    for name, value in HEADERS.items():
        assert answer.headers.getlist(name) == [value], (address, answer.status)


def test_the_policy_runs_nothing_but_our_own_files() -> None:
    parts = {name: values for name, *values in (part.split() for part in POLICY.split("; "))}
    assert parts["default-src"] == parts["object-src"] == parts["base-uri"] == parts["frame-ancestors"] == ["'none'"]
    assert parts["script-src"] == parts["style-src"] == parts["connect-src"] == parts["form-action"] == ["'self'"]
    assert parts["require-trusted-types-for"] == ["'script'"]
    assert "unsafe" not in POLICY
    assert "*" not in POLICY


def test_a_view_may_be_stricter(gallery: Flask) -> None:
    answer = gallery.test_client().get("/download")
    assert answer.headers.getlist("Content-Security-Policy") == ["sandbox; default-src 'none'"]
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("address", ["/gallery/bits?me=en", "/gallery/bits", "/json", "/nowhere"])
def test_no_cache_keeps_what_was_made_for_one_reader(gallery: Flask, address: str) -> None:
    answer = gallery.test_client().get(address)
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"Cookie", "Authorization"} <= set(answer.vary)


def test_reports_are_noted_in_one_line_and_held_down(
    gallery: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blueprints.security_headers._reports.seen", 0)
    monkeypatch.setattr("blueprints.security_headers._reports.minute", -1)
    client = gallery.test_client()
    report = json.dumps(
        {"csp-report": {"document-uri": "/x\nforged line", "blocked-uri": "inline", "effective-directive": "a" * 999}}
    )
    with caplog.at_level(logging.WARNING):
        for body in (report, "[]", "{", '{"csp-report": 5}', "x" * 10_000):
            assert client.post("/csp-reports", data=body, content_type="application/csp-report").status_code == 204
        assert len(caplog.records) == 1
        assert "\n" not in caplog.records[0].getMessage()
        assert len(caplog.records[0].getMessage()) < 500
        for _ in range(REPORTS_A_MINUTE * 2):
            client.post("/csp-reports", data=report, content_type="application/csp-report")
    assert len(caplog.records) <= REPORTS_A_MINUTE
