"""Letters as they are written and as they leave: into a folder, and to a real mail server."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask

from blueprints import letters
from community.config import Settings
from community.ports import Letter

FACTS: dict[str, dict[str, Any]] = {
    "join": {"name": "Fatma Yıldırım", "by": "Rik Terpstra", "path": "/join/abc", "days": 14},
    "reset": {"name": "Fatma Yıldırım", "path": "/password/abc", "minutes": 45},
    "register": {"space": "Team Noorderlicht", "invitation": 3, "known": False},
    "notices": {
        "person": 3,
        "items": [
            {"reason": "mention", "who": "Samir El Idrissi", "space": "Noorderlicht", "excerpt": "Who was there?"},
            {"reason": "coach", "who": "Anna de Wit-Okonkwo", "space": "Noorderlicht", "excerpt": ""},
        ],
        "more": 2,
        "space": "Noorderlicht",
        "path": "/spaces/noorderlicht/posts/3",
        "thread": "post-3",
        "leave": "topic:talk",
        "leave_space": "space:3",
    },
    "digest": {
        "person": 3,
        "name": "Fatma",
        "rhythm": "weekly",
        "path": "/notifications",
        "leave": "digest",
        "sections": [
            {
                "name": name,
                "more": 14,
                "items": [{"reason": reason, "who": "Samir", "space": "Getij", "path": "/x", **more}],
            }
            for name, reason, more in (
                ("mine", "reply", {"excerpt": "Eleven times"}),
                ("teams", "posted", {"excerpt": ""}),
                ("due", "event", {"excerpt": "Session", "at": datetime(2026, 6, 11, 9, 15, tzinfo=UTC)}),
                ("due", "prompt", {"excerpt": "What did you see?", "at": datetime(2026, 6, 11, 9, 15, tzinfo=UTC)}),
                ("gems", "gem", {"excerpt": "The list"}),
                ("elsewhere", "posted", {"excerpt": "Hello"}),
            )
        ],
    },
}
TO = "fatma@waterland.example"


def read(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


class Box:
    """What arrived at the server."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if "refuse" in envelope.rcpt_tos[0]:
            return "550 no such box"
        self.mails.append(read(envelope.content))
        self.to.append(envelope.rcpt_tos)
        return "250 kept"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server() -> Iterator[tuple[str, Box]]:
    box = Box()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        auth_require_tls=False,
        authenticator=lambda _s, _c, _e, _m, data: AuthResult(
            success=(data.login, data.password) == (b"us", b"p@ss"), handled=False
        ),
    )
    controller.start()
    yield f"127.0.0.1:{controller.port}", box
    controller.stop()


@pytest.mark.parametrize("kind", sorted(FACTS))
@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_letter_is_whole_in_every_language(app: Flask, kind: str, language: str) -> None:
    letter = letters.compose(kind, {"to": TO, **FACTS[kind]}, language)
    assert letter.to == TO and letter.subject and "\n" not in letter.subject
    assert "http://localhost/" in letter.text and 'href="http://localhost/' in letter.html
    assert f'lang="{language}"' in letter.html and letter.headers["Auto-Submitted"] == "auto-generated"
    for words in (letter.subject, letter.text, letter.html):
        assert "None" not in words and "%(" not in words and "{{" not in words


def test_a_letter_is_in_the_language_of_who_gets_it(app: Flask) -> None:
    facts = {"to": TO, **FACTS["join"]}
    assert letters.compose("join", facts, "en").subject == "Your place in Cohortium is ready"
    assert letters.compose("join", facts, "nl").subject == "Je plek in Cohortium is klaar"
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert letters.compose("join", facts, "nl").text.startswith("Hallo Fatma Yıldırım,")


def test_a_name_cannot_smuggle_html_or_headers_into_a_letter(app: Flask) -> None:
    facts = {**FACTS["register"], "to": TO, "space": "<script>x</script>\r\nBcc: evil@example.org"}
    letter = letters.compose("register", facts, "en")
    assert "<script>" not in letter.html and "\n" not in letter.subject
    mail = letters.message_of(letter, "Cohortium <c@localhost>")
    assert mail["Bcc"] is None


@pytest.mark.parametrize(
    "to", ["", "a@b.example,c@d.example", "a@b.example\r\nBcc: c@d.example", "a@b.example;c@d.example"]
)
def test_a_letter_goes_to_one_address(to: str) -> None:
    with pytest.raises(ValueError):
        letters.message_of(Letter(to, "s", "t", "h"), "Cohortium <c@localhost>")


def test_into_a_folder_goes_one_file_a_letter(tmp_path: Path) -> None:
    send = letters.transport(Settings(MAIL_URL=f"file://{tmp_path}/mail", MAIL_FROM="Huis <huis@waterland.example>"))
    for subject in ("Één", "Twee"):
        send(
            Letter(
                TO,
                subject,
                "Dag Fatma Yıldırım,\n" + "x" * 2000 + "\n",
                "<p>Dag</p>",
                {"Auto-Submitted": "auto-generated"},
            )
        )
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    mail = read(files[0].read_bytes())
    assert (mail["Subject"], mail["To"], mail["From"]) == ("Één", TO, "Huis <huis@waterland.example>")
    assert mail["Message-ID"].endswith("@waterland.example>") and mail["Date"]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and "Yıldırım" in text.get_content()
    assert html is not None and "<p>Dag</p>" in html.get_content()


def test_a_real_server_gets_the_letter(app: Flask, server: tuple[str, Box]) -> None:
    address, box = server
    send = letters.transport(Settings(MAIL_URL=f"smtp://us:p%40ss@{address}"))
    send(letters.compose("join", {"to": TO, **FACTS["join"]}, "nl"))
    assert box.to == [[TO]]
    text = box.mails[0].get_body(("plain",))
    assert text is not None and "http://localhost/join/abc" in text.get_content()


def test_a_server_that_refuses_is_an_error_that_the_queue_sees(server: tuple[str, Box]) -> None:
    address, box = server
    with pytest.raises(smtplib.SMTPException):
        letters.transport(Settings(MAIL_URL=f"smtp://{address}"))(Letter("refuse@x.example", "s", "t", "h"))
    with pytest.raises(smtplib.SMTPAuthenticationError):
        letters.transport(Settings(MAIL_URL=f"smtp://us:wrong@{address}"))(Letter(TO, "s", "t", "h"))
    with pytest.raises(OSError):
        letters.transport(Settings(MAIL_URL="smtp://127.0.0.1:1"))(Letter(TO, "s", "t", "h"))
    assert box.mails == []


def test_no_password_leaves_this_machine_without_tls(server: tuple[str, Box], monkeypatch: pytest.MonkeyPatch) -> None:
    address, box = server
    monkeypatch.setattr(letters, "_is_here", lambda host: False)
    with pytest.raises(OSError, match="TLS"):
        letters.transport(Settings(MAIL_URL=f"smtp://us:p%40ss@{address}"))(Letter(TO, "s", "t", "h"))
    assert box.mails == []


def test_tls_that_cannot_be_trusted_is_not_used(server: tuple[str, Box]) -> None:
    address, _ = server
    with pytest.raises((ssl.SSLError, OSError)):
        letters.transport(Settings(MAIL_URL=f"smtps://{address}"))(Letter(TO, "s", "t", "h"))


def test_the_way_out_of_a_letter_is_one_line_that_mail_programs_can_read(
    app: Flask, server: tuple[str, Box], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long address in an encoded word would be no address (RFC 2047, 5)."""
    host = "https://learning." + "and-developing." * 5 + "waterland.example"
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], BASE_URL=host))
    address, box = server
    letter = letters.compose("notices", {"to": TO, **FACTS["notices"]}, "en")
    letters.transport(Settings(MAIL_URL=f"smtp://{address}"))(letter)
    raw = letters.message_of(letter, "Cohortium <c@localhost>").as_bytes().decode()
    way_out = letter.headers["List-Unsubscribe"]
    assert f"\r\nList-Unsubscribe: {way_out}\r\n" in raw
    assert box.mails[-1]["List-Unsubscribe"] == way_out and way_out.startswith(f"<{host}/unsubscribe/")
    assert max(len(line) for line in raw.split("\r\n")) < 998


def test_a_header_cannot_smuggle_in_another(server: tuple[str, Box]) -> None:
    for name in ("List-Unsubscribe", "References", "X-Else"):
        with pytest.raises(ValueError):
            letters.message_of(Letter(TO, "s", "t", "h", {name: "<x>\r\nBcc: evil@example.org"}), "C <c@localhost>")


def test_links_come_from_base_url(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, BASE_URL="https://learn.example.org/"))
    with app.test_request_context(headers={"Host": "evil.example"}):
        letter = letters.compose("reset", {"to": TO, **FACTS["reset"]}, "en")
    assert "https://learn.example.org/password/abc" in letter.text and "evil" not in letter.html
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, BASE_URL="", PORT=5123))
    assert letters.site() == "http://127.0.0.1:5123"
