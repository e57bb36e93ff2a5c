"""What can happen to notices and is everybody's business: the defaults of the site and of its roles."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.errors import Denied, Invalid, _l
from community.extensions import db, put_row
from community.notifications.choices import PERSONAL, ROLE_ORDER, checked
from community.notifications.keeping import SITE
from community.notifications.models import NoticeDefault
from community.people.models import Person
from community.permissions import Actor

SCOPES = (SITE, *(f"role:{role}" for role in ROLE_ORDER))


@action
def set_notice_defaults(actor: Actor, wanted: Mapping[str, str | None], *, scope: str = SITE) -> None:
    """Decide what holds for everybody who never chose: on the site, or for a role. None leaves it to what stands above (for a
    role the site, for the site the house). Raises Denied, Invalid by name.
    """
    if not actor.is_administrator:
        raise Denied()
    if scope not in SCOPES:
        raise Invalid("scope", _l("Choose one of these."))
    for name in wanted:
        if name in PERSONAL or (name == "content" and scope != SITE):
            raise Invalid(name, _l("There is no such choice."))
    rows = select(NoticeDefault).where(NoticeDefault.scope == scope).with_for_update()
    known = {row.name: row for row in db.session.scalars(rows)}
    changed = []
    for name, value in wanted.items():
        kept = checked(name, value) if value is not None else None
        row = known.get(name)
        if (row.value if row is not None else None) == kept:
            continue
        changed.append(name)
        if kept is not None:
            put_row(NoticeDefault, {"scope": scope, "name": name}, value=kept)
        elif row is not None:
            db.session.delete(row)
    if not changed:
        nothing_changed()
        return
    record("notices.defaults-set", actor, db.session.get_one(Person, actor.id), scope=scope, names=sorted(changed))
