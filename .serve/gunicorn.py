"""How gunicorn runs each role: `make run` (all) and `make serve` (web and live) read this file.

Threads cost more than they give where Python computes, so a web process has few; `all` has many, since each open live
connection holds four of them and they sleep. Only the live role runs on gevent: it writes nothing, so SQLite cannot stop its loop.
"""

import os

role = os.environ.get("ROLE") or "all"
port = os.environ.get("PORT") or "5000"

bind = os.environ.get("GUNICORN_BIND") or f"127.0.0.1:{port}"
workers = 1
worker_class = "gevent" if role == "live" else "gthread"
threads = {"all": 256, "web": 4}.get(role, 1)
worker_connections = 4000
backlog = 2048
timeout = 60
graceful_timeout = 20
keepalive = 65 if role == "all" else 5
loglevel = "warning"
proc_name = f"cohortium {role}"
control_socket_disable = True
forwarded_allow_ips = "*" if bind.startswith("unix:") else "127.0.0.1"


def post_worker_init(worker):
    """Say where the site is, once it answers."""
    if role == "all":
        print(f"\nCohortium is at http://127.0.0.1:{port}  (Ctrl+C stops it)\n", flush=True)
