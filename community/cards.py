"""Every card, table, job and sort of thing that waits, in one import: whoever starts the house calls `lay_out()` once."""

from __future__ import annotations

from importlib import import_module

NOUNS = (
    "community.people.kind",
    "community.spaces.kind",
    "community.microblog.kind",
    "community.wiki.kind",
    "community.files.kind",
    "community.sharing.kind",
    "community.journal.kind",
    "community.comments.kind",
    "community.topics.kind",
    "community.programme.kind",
    "community.messages.kind",
    "community.coaching.kind",
    "community.submissions.kind",
)
TABLES = (
    "community.activity.models",
    "community.activity.once",
    "community.jobs.models",
    "community.items.models",
    "community.notifications.models",
    "community.visits.models",
    "community.wiki.care",
    "community.bookmarks.models",
    "community.mailroom.models",
    "community.push.models",
    "community.coaching.models",
    "community.exchange.models",
    "community.files.task_tables",
    "community.files.upload_tables",
    "community.files.use_tables",
    "community.files.room",
    "community.locks.models",
    "community.drive.models",
)
WAITING = ("community.coaching.sources", "community.submissions.waiting")
JOBS = (
    "community.items.rendering",
    "community.people.mailings",
    "community.phases.jobs",
    "community.microblog.jobs",
    "community.files.jobs",
    "community.files.bin_jobs",
    "community.files.task_jobs",
    "community.files.preview_jobs",
    "community.files.drop_jobs",
    "community.sharing.jobs",
    "community.bookmarks.jobs",
    "community.wiki.care_jobs",
    "community.wiki.bin_jobs",
    "community.notifications.mailing",
    "community.notifications.digest",
    "community.coaching.digest",
    "community.mailroom.queue",
    "community.mailroom.sweeping",
    "community.push.calling",
    "community.exchange.jobs",
    "community.locks.holding",
    "community.drive.scratch",
)


def lay_out() -> None:
    """Import every noun's card, every table and every handler of jobs, so that the registers are whole; then what waits."""
    for name in (*NOUNS, *TABLES, *JOBS):
        import_module(name)
    for name in WAITING:
        import_module(name).tell()
