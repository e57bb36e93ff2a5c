"""Work that comes back: owners hear that a page is to be looked over, and who has not read what they must hears of it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from community.activity.models import Activity
from community.clock import now
from community.extensions import db
from community.jobs.work import handles
from community.permissions import SYSTEM
from community.wiki.care import MustRead
from community.wiki.models import Page
from community.wiki.reading import ask_again
from community.wiki.review import remind_owner

AT_ONCE = 200
AGAIN = timedelta(days=7)


@handles("wiki.care", every=timedelta(hours=1))
def say_what_is_due(_payload: dict[str, Any]) -> None:
    """Remind owners, once a week until they looked, and readers, as often as was chosen. Running it twice says nothing twice."""
    told = select(Activity.id).where(
        Activity.object_kind == "page",
        Activity.object_id == Page.id,
        Activity.verb == "page.due",
        Activity.created_at > now() - AGAIN,
    )
    due = select(Page.id).where(
        Page.review_by <= now().date(), Page.owner_id.is_not(None), Page.deleted_at.is_(None), ~told.exists()
    )
    for page_id in db.session.scalars(due.order_by(Page.review_by).limit(AT_ONCE)).all():
        remind_owner(SYSTEM, db.session.get_one(Page, page_id))
    unread = (
        select(MustRead.page_id)
        .join(Page, Page.id == MustRead.page_id)
        .where(Page.deleted_at.is_(None), MustRead.nag_on <= now().date())
        .where(or_(MustRead.until.is_(None), MustRead.until >= now().date() - AGAIN))
    )
    for page_id in db.session.scalars(unread.order_by(MustRead.nag_on).limit(AT_ONCE)).all():
        ask_again(SYSTEM, db.session.get_one(Page, page_id))
