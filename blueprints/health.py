"""Is it alive, can it serve, how is it doing. No detail to strangers."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, abort, current_app, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text

from community.activity import outbox
from community.extensions import db
from community.files.incoming import guards
from community.files.models import File
from community.jobs.models import Job
from community.migrations_state import is_current

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """The process can serve: database, its schema, storage and index are there."""
    checks = {"database": _database, "schema": is_current, "storage": _storage, "index": _index}
    found = {}
    for name, check in checks.items():
        try:
            found[name] = bool(check())
        except Exception:  # a check may fail in any way: that is the answer
            current_app.logger.exception("readiness: %s", name)
            found[name] = False
    good = all(found.values())
    return jsonify({"ready": good, **(found if _is_near() else {})}), 200 if good else 503


def _is_near() -> bool:
    """Whether the caller is on this machine and did not come through a front server: strangers get no detail."""
    if request.headers.get("X-Forwarded-For"):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _database() -> bool:
    return db.session.scalar(text("SELECT 1")) == 1


def _storage() -> bool:
    current_app.config["STORAGE"].check()
    return True


def _index() -> bool:
    from community.search.place import index_in

    index_in(current_app.config["SETTINGS"].search_folder).cursor()
    return True


@bp.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus, to callers on this machine only; a front server does not pass this path on."""
    if not _is_near():
        abort(404)
    registry = CollectorRegistry()
    behind = Gauge("cohortium_reader_behind", "Lines of the log not yet read", ["reader"], registry=registry)
    for standing in outbox.status():
        behind.labels(standing.name).set(standing.behind)
    jobs = Gauge("cohortium_jobs", "Jobs by state", ["state"], registry=registry)
    waiting = select(func.count()).select_from(Job).where(Job.done_at.is_(None), Job.given_up_at.is_(None))
    jobs.labels("waiting").set(db.session.scalar(waiting) or 0)
    given_up = select(func.count()).select_from(Job).where(Job.given_up_at.is_not(None))
    jobs.labels("given_up").set(db.session.scalar(given_up) or 0)
    scanner = guards.now.scanner
    if scanner is not None:
        scans = Gauge(
            "cohortium_scans",
            "Uploads that a scanner heard of, by outcome, in this process",
            ["outcome"],
            registry=registry,
        )
        for outcome, count in scanner.counts.items():
            scans.labels(outcome).set(count)
        up = Gauge("cohortium_scanner_up", "Whether the scanner answered when it was asked last", registry=registry)
        up.set(scanner.failed_at is None)
    kept = Gauge(
        "cohortium_file_bytes", "Bytes of the files that stand, each counted as often as it stands", registry=registry
    )
    kept.set(db.session.scalar(select(func.sum(File.size)).where(File.deleted_at.is_(None))) or 0)
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4")
