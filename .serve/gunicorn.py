"""How gunicorn runs each role: `make run` (all) and `make serve` (web and live) read this file.

Threads cost more than they give where Python computes, so a web process has few; `all` has many, since each open live
connection holds four of them and they sleep, and so has the web process that takes uploads, whose lines are slow. Only the live
role runs on gevent: it writes nothing, so SQLite cannot stop its loop.
"""

import os
import sys
import threading
import time

role = os.environ.get("ROLE") or "all"
port = os.environ.get("PORT") or "5000"

bind = os.environ.get("GUNICORN_BIND") or f"127.0.0.1:{port}"
workers = 1
worker_class = "gevent" if role == "live" else "gthread"
threads = int(os.environ.get("GUNICORN_THREADS") or {"all": 256, "web": 4}.get(role, 1))
worker_connections = 4000
backlog = 2048
timeout = 60
graceful_timeout = 20
keepalive = 65 if role == "all" else 5
loglevel = "warning"
proc_name = f"cohortium {role}"
control_socket_disable = True
forwarded_allow_ips = "*" if bind.startswith("unix:") else "127.0.0.1"


def on_starting(server):
    """Stop before anything starts where a setting is wrong: a worker that fails would be started again and again."""
    from community.config import WrongSetting, load_settings

    try:
        load_settings()
    except WrongSetting as fault:
        sys.exit(f"Cohortium cannot start: {fault}")


def post_worker_init(worker):
    """Start what the role does besides answering, now that this process has forked; say where the site is."""
    duties = worker.wsgi.extensions["duties"]
    duties.start()
    threading.Thread(target=stop_in_time, args=(worker, duties), name="end", daemon=True).start()
    if role == "all":
        print(f"\nCohortium is at http://127.0.0.1:{port}  (Ctrl+C stops it)\n{sign_ins(worker)}", flush=True)


def sign_ins(worker):
    """How to sign in to the demo, where this is one."""
    from community.demo.cli import sign_ins_file  # after the fork, like everything of the application

    settings = worker.wsgi.config["SETTINGS"]
    file = sign_ins_file(settings)
    return "\n" + file.read_text() if settings.APP_ENV == "development" and file.is_file() else ""


def stop_in_time(worker, duties):
    """On SIGTERM close the sockets, which would keep the worker waiting, and finish what is begun."""
    while worker.alive:
        time.sleep(0.1)
    duties.stop(graceful_timeout - 2)


def worker_exit(server, worker):
    """Wait until that is done."""
    if worker.wsgi is not None:
        worker.wsgi.extensions["duties"].stop(graceful_timeout - 2)
