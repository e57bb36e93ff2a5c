"""The parts with sample data, served by a small application without a database: for tests, and for eyes.

Names are long, lists are empty or full, both languages and both kinds of reader occur. The cast is that of JOURNEYS.md.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, flash, render_template, request
from flask_login import LoginManager, UserMixin
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader
from markupsafe import Markup
from werkzeug.serving import make_server
from wtforms import BooleanField, EmailField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, InputRequired

from blueprints import face, language, security_headers
from blueprints.shapes import Attached, CommentCard, FileRow, PersonRow, PhaseStep, PostCard, SpaceHead

NOW = datetime(2026, 6, 9, 7, 30, tzinfo=UTC)
LONG = "Maximilian-Alexander von Thurn-Wenckebach"
MENU = [("Edit", "/edit", "pencil", False), ("", None, "", False), ("Delete", "/thing/delete", "trash-2", True)]
HEAD = SpaceHead(
    name="Team Noorderlicht",
    url="/stream",
    tabs=[("stream", "Stream", "/stream", "3 new"), ("wiki", "Wiki", "/wiki", None), ("files", "Files", "/files", 200),
          ("events", "Events", "/events", None), ("members", "Members", "/members", 7)],
    tab="stream",
    crumbs=[("Leading Change 2026", "/spaces/leading-change"), ("Cohort 14", "/spaces/cohort-14")],
    phase=PhaseStep("campus", "Campus", "Campus, day 2 of 4"),
    members_words="7 members",
    coaches=[("Anna de Wit-Okonkwo", "/people/anna")],
    people=[PersonRow(name, name[:4].lower()) for name in ("Noor van der Velden", "Samir El Idrissi", "Fatma Yıldırım", LONG)],
    actions=[("Ask our coach", "/ask", "circle-question-mark")],
)  # fmt: skip
WALKED = Markup(
    "<p>Walked the intake floor with two planners. What I wrote down:</p>"
    "<ul><li>three of the eleven hand-overs exist only because the form asks for them;</li>"
    "<li>the night shift keeps its own list.</li></ul>"
)
RICH = Markup(
    "<p>With <code>code</code>, a <a href='/x' class='mention'>@noor</a>, a long word "
    "Hottentottententententoonstellingsopperbevelhebber and a table.</p>"
    "<pre tabindex='0'><code>SELECT count(*) FROM handovers WHERE reason = 'the form asks for it' AND team = 'noord'</code></pre>"
    "<div class='scroll' tabindex='0'><table><thead><tr><th>Team</th><th class='end'>Posts</th></tr></thead>"
    "<tbody><tr><td>Noorderlicht</td><td class='end'>200</td></tr></tbody></table></div>"
)
PHASES = [
    PhaseStep("pre", "Pre-campus", "Done on 5 June", "done"),
    PhaseStep("campus", "Campus", "Day 2 of 4, until Thursday 11 June", "now", 2, 4),
    PhaseStep("post", "Post-campus", "In 6 days, for 12 weeks"),
    PhaseStep("alumni", "Alumni", "From 7 September"),
]


class Noor(UserMixin):
    """The reader. `?me=nl` reads in Dutch."""

    id = 1
    name = "Noor van der Velden"
    handle = "noor"
    picture_url = ""
    language = "en"
    time_zone = "Europe/Amsterdam"


class ProfileForm(FlaskForm):
    name = StringField("Name", validators=[InputRequired("Tell us what to call you.")])
    email = EmailField(
        "Personal e-mail",
        validators=[Email("Add the part after the dot, as in noor@voorbeeld.nl", check_deliverability=False)],
    )
    within = SelectField("Answer within", choices=[SelectChoice("2", "2 working days"), SelectChoice("5", "A week")])
    about = TextAreaField("What did you try?")
    weekly = BooleanField("Send me a weekly digest")
    when = RadioField(
        "Send", choices=[SelectChoice("day", "Once a day, at 16:00"), SelectChoice("once", "At once")], default="day"
    )


def post(number: int = 1, **more: object) -> PostCard:
    """A post of Kwame's; `more` replaces what is said of it."""
    facts: dict[str, object] = {
        "id": number,
        "url": f"/posts/{number}",
        "author_name": "Kwame Mensah",
        "author_handle": "kwame",
        "body_html": WALKED,
        "created_at": NOW - timedelta(minutes=16 * number),
        "audience": "space",
        "space_name": "Team Noorderlicht",
        "space_url": "/stream",
        "space_kind": "team",
        "react_url": f"/posts/{number}/react",
        "reactions": [("insight", 6, True), ("thanks", 2, False), ("celebrate", 0, False), ("me-too", 1, False)],
        "comment_count": number % 5,
        "menu": MENU,
    }  # fmt: skip
    return PostCard(**(facts | more))  # type: ignore[arg-type]


def comment(number: int = 1, **more: object) -> CommentCard:
    facts: dict[str, object] = {
        "id": number,
        "author_name": "Anna de Wit-Okonkwo",
        "author_handle": "anna",
        "author_role": "Coach",
        "body_html": Markup("<p>How do you know it is eleven? Did you count, or did someone tell you?</p>"),
        "created_at": NOW - timedelta(hours=2),
        "reply_url": f"/posts/1?reply={number}#write",
        "menu": MENU,
    }
    return CommentCard(**(facts | more))  # type: ignore[arg-type]


def posts() -> list[PostCard]:
    return [
        post(
            1,
            title="Do we count the weekend in “time to first useful answer”?",
            kind="question",
            answered=True,
            audience="coach",
            author_name="Fatma Yıldırım",
            author_handle="fatma",
            author_here=True,
        ),
        post(
            2,
            title="Mid review is on Thursday at 14:00, in the Duinzaal and not, as said before, in the Orangerie",
            kind="announcement",
            pinned=True,
            author_name=LONG,
            author_handle="max",
            author_role="facilitator",
            attachments=[Attached("Criteria for the mid review.pdf", "/files/criteria.pdf", "180 kB", "file")],
        ),
        post(3, audience="only_me", edited_at=NOW, reactions=[], react_url=""),
        post(4, audience="people", audience_count=3, body_html=RICH),
        post(5, audience="organisation", created_at=NOW - timedelta(days=1)),
        post(
            6,
            space_kind="cohort",
            space_name="Cohort 14 of Leading Change 2026 for the whole of Waterland Group and its partners",
            created_at=NOW - timedelta(days=4),
        ),
    ]


PAGES = ("stream", "thread", "forms", "bits", "files", "empty", "many")  # gallery_pages/
ERRORS = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)


def build_gallery(save: language.Save | None = None) -> Flask:
    """The application: `/gallery/<page>`, `/quiet`, `/confirm`, `/error/<status>`; `?me=en` or `?me=nl` signs Noor in."""
    app = Flask(__name__, root_path=str(language.CATALOGUES.parent.parent), static_folder=None)
    app.config.update(SECRET_KEY="only for tests, and long enough for them", TESTING=True)
    app.jinja_loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(Path(__file__).parent / "gallery_pages")])
    CSRFProtect(app)
    people = LoginManager(app)

    @people.request_loader
    def load(_request: object) -> Noor | None:
        if "me" not in request.args:
            return None
        noor = Noor()
        noor.language = request.args["me"]
        return noor

    language.init_app(app, save=save)
    face.init_app(
        app,
        load_shell=lambda: face.Shell(
            unread=3,
            team_name="Noorderlicht",
            team_url="/gallery/stream",
            is_coach="coach" in request.args,
            organisation="Waterland Group",
            new=(
                face.Link("Journal entry", "/journal", "notebook-pen"),
                face.Link("Post or question", "/feed", "message-circle"),
            ),
        ),
    )
    security_headers.init_app(app)

    @app.after_request
    def read_whole(answer: Response) -> Response:
        """A file is closed before a browser can go away in the middle of it."""
        if answer.direct_passthrough:
            answer.direct_passthrough = False
            answer.make_sequence()
            answer.close()
        return answer

    @app.get("/gallery/<page>")
    def gallery(page: str) -> str:
        if "flash" in request.args:
            flash("Posted to team and coach.")
            flash("The line dropped at 61 %.", "bad")
        form = ProfileForm(data={"name": "", "email": "noor@voorbeeld", "within": "2", "when": "day"})
        form.validate()
        return render_template(
            f"{page}.html",
            posts=posts(), head=HEAD, phases=PHASES, menu=MENU, now=NOW, form=form,
            two_hundred=[post(number) for number in range(1, 201)],
            comments=[comment(1, replies=[comment(2, author_name=LONG, author_role=""), comment(3, is_removed=True)]),
                      comment(4, is_answer=True, author_name="Ragnhild Øvergård", author_role="")],
            persons=[PersonRow(LONG, "max", "away until Thursday", "owner"), PersonRow("Noor van der Velden", "noor", here=True)],
            rows=[FileRow("1", "Consent forms", "/files/1", "folder", NOW, "Ragnhild", "7 items"),
                  FileRow("2", "Service desk May, calendar and working hours compared, all branches.xlsx", "/files/2",
                          "file-spreadsheet", NOW - timedelta(days=1), LONG, "1.2 MB", version=3, menu=MENU),
                  FileRow("3", "Scan 2019 intake form.pdf", "/files/3", "file", NOW, "Annelies van den Heuvel-Brouwer", "780 kB",
                          note="No text inside: this is a picture of a page", audience="coach")],
            today=date(2026, 6, 9),
        )  # fmt: skip

    @app.get("/quiet")
    def quiet() -> str:
        return render_template("quiet.html")

    @app.get("/confirm")
    def confirm() -> str:
        return render_template("parts/confirm.html", title="Delete “Interview guide”?", words="It goes to the bin for 30 days.",
                               yes="Delete page", back="/gallery/bits", risk=True, fields={"base": 14})  # fmt: skip

    @app.get("/error/<int:status>")
    def error(status: int) -> tuple[str, int]:
        return render_template(f"errors/{status}.html", number="a1b2c3" if status == 500 else None), status

    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application at an address of its own, for a browser."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
