"""What the masthead shows of the reader: unread notices, their team, what they may make."""

from __future__ import annotations

from dataclasses import replace

from flask_babel import gettext as _
from flask_login import current_user

from blueprints.addresses import space_url
from blueprints.doors import actor, me
from blueprints.face import Link, Shell
from blueprints.language import language
from community.activity.steady import PLACES, held
from community.messages.queries import unread_conversations
from community.notifications.queries import unread_count
from community.people.actions import update_person
from community.permissions import Actor
from community.spaces.queries import first_team


def load() -> Shell:
    """The shell of the signed-in reader: what waits unread was counted at the door, the rest holds until the log moves it."""
    who = actor()
    rest = held(who.place, PLACES, ("shell", who.id, language()), lambda: _rest(who))
    return replace(rest, unread=unread_count(who), messages=unread_conversations(who))


def _rest(who: Actor) -> Shell:
    team = first_team(who)
    new = [Link(_("Journal entry"), "/journal/new", "notebook-pen")]
    if team is not None and who.roles.get(team.id) not in ("alumnus", "guest"):
        new += [
            Link(_("Post or question"), f"{space_url(team.slug)}#write", "message-circle"),
            Link(_("Wiki page"), space_url(team.slug, "wiki") + "?action=new", "book-open"),
            Link(_("Upload files"), space_url(team.slug, "files"), "upload"),
        ]
    return Shell(
        team_name=team.name if team else "",
        team_url=space_url(team.slug) if team else "",
        is_coach="coach" in who.roles.values(),
        is_administrator=who.is_administrator,
        new=tuple(new),
    )


def keep_language(code: str) -> None:
    """Keep the language that a signed-in person chose."""
    if current_user.is_authenticated and me().language != code:
        update_person(actor(), me(), language=code)
