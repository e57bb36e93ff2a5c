"""`make serve`: the roles web, live and worker as processes behind nginx, restarted by supervisor when they die.

Runs in .venv, from the project's folder. Everything that it writes lands beside the database: sockets and the filled-in
configuration in instance/run, what the processes say in instance/log. SIGTERM and Ctrl+C stop all of it, the door first.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from blueprints.face import asset  # noqa: E402  (after the path)
from blueprints.security_headers import HEADERS  # noqa: E402
from community.config import Settings, WrongSetting, load_settings  # noqa: E402
from community.demo.cli import sign_ins_file  # noqa: E402

WEB_PROCESSES = 2
BIN = Path(sys.executable).parent
# Nobody outlives who would restart or stop it.
WITH_PARENT = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []

PROGRAM = """[program:{name}]
command={command}
directory={root}
environment={environment}
priority={priority}
autostart=true
autorestart=true
startsecs=1
startretries=100000
stopsignal={stop}
stopwaitsecs=25
killasgroup=true
redirect_stderr=true
stdout_logfile={log}/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def run_folder(settings: Settings) -> Path:
    """Where the sockets go: where the processes find each other anyway, unless that path is too long for a socket."""
    folder = settings.run_folder
    if len(str(folder)) > 80:
        return Path(tempfile.mkdtemp(prefix="cohortium-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def filled(template: str, words: dict[str, str]) -> str:
    """The template with every {{word}} replaced."""
    for name, value in words.items():
        template = template.replace("{{" + name + "}}", value)
    return template


def quote(path: Path) -> str:
    """A path as one word of a command in supervisor's configuration, where % is a sign."""
    return shlex.quote(str(path)).replace("%", "%%")


KEPT = """        # Bytes of files, once the application said yes (X-Accel-Redirect). How old they are is nobody's business.
        location {location} {{
            internal;
            alias "{folder}/";
            max_ranges 1;
            types {{ }}
            gzip off;
            etag off;
            if_modified_since off;
            add_header Last-Modified "";
            add_header ETag $upstream_http_etag;
            add_header Content-Security-Policy $upstream_http_content_security_policy;
            add_header X-Content-Type-Options $upstream_http_x_content_type_options;
{headers}
        }}"""
OF_THE_ANSWER = ("Content-Security-Policy", "X-Content-Type-Options")


def kept(settings: Settings) -> str:
    """The location at which nginx reads the folder of files, where there is one and the setting names it."""
    if not settings.SEND_FILES.startswith("nginx:"):
        return ""
    folder = unquote(settings.STORAGE_URL.removeprefix("file://"))
    headers = [
        f'            add_header {name} "{value}";' for name, value in HEADERS.items() if name not in OF_THE_ANSWER
    ]
    return KEPT.format(
        location=settings.SEND_FILES.removeprefix("nginx:"), folder=ROOT / folder, headers="\n".join(headers)
    )


def programs(run: Path, log: Path, nginx: str) -> str:
    """The processes, in the order in which they start."""
    gunicorn = f"{quote(BIN / 'gunicorn')} -c {quote(HERE / 'gunicorn.py')} wsgi:app"
    # A killed nginx leaves its child behind, which holds the port: ask that one to finish first.
    front = (
        f"test ! -s {quote(run / 'nginx.pid')} || kill -s QUIT -- -$(cat {quote(run / 'nginx.pid')}) 2>/dev/null; "
        f"exec {' '.join(WITH_PARENT)} {nginx} -p {quote(run)} -e stderr -c {quote(run / 'nginx.conf')}"
    )
    rows: list[tuple[str, str, dict[str, str], str]] = [
        ("worker", f"{quote(BIN / 'flask')} --app wsgi worker", {"ROLE": "worker"}, "TERM"),
        ("live", gunicorn, {"ROLE": "live", "GUNICORN_BIND": f"unix:{run}/live.sock"}, "TERM"),
        *(
            (f"web-{n}", gunicorn, {"ROLE": "web", "GUNICORN_BIND": f"unix:{run}/web-{n}.sock"}, "TERM")
            for n in range(WEB_PROCESSES)
        ),
        (
            "uploads",
            gunicorn,
            {"ROLE": "web", "GUNICORN_BIND": f"unix:{run}/uploads.sock", "GUNICORN_THREADS": "64"},
            "TERM",
        ),
        ("nginx", f"/bin/sh -c {shlex.quote(front)}", {}, "QUIT"),
    ]
    common = {"TRUSTED_PROXIES": "1", "PYTHONUNBUFFERED": "1"}
    return "\n".join(
        PROGRAM.format(
            name=name,
            command=command if name == "nginx" else " ".join([*WITH_PARENT, command]),
            root=ROOT,
            environment=",".join(f'{key}="{value}"' for key, value in {**common, **extra}.items()),
            priority=100 * place,
            stop=stop,
            log=log,
        )
        for place, (name, command, extra, stop) in enumerate(rows, start=1)
    )


def write_configuration(settings: Settings, run: Path, log: Path) -> Path:
    """Fill in both templates. Returns the path of supervisor's."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    root = os.geteuid() == 0
    user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
    words = {
        "root": str(ROOT),
        "run": str(run),
        "log": str(log),
        "port": str(settings.PORT),
        "upload_mb": str(settings.UPLOAD_MB),
        "scheme": "https" if settings.https else "$scheme",
        "assets": asset(""),
        "kept": kept(settings),
        "headers": "\n".join(f'            add_header {name} "{value}" always;' for name, value in HEADERS.items()),
        "web_servers": "\n".join(f"        server unix:{run}/web-{n}.sock max_fails=0;" for n in range(WEB_PROCESSES)),
    }
    (run / "nginx.conf").write_text(
        filled((HERE / "nginx.conf").read_text(), {**words, "user": f"user {user} {group};" if root else ""})
    )
    target = run / "supervisor.conf"
    target.write_text(
        filled(
            (HERE / "supervisor.conf").read_text(),
            {**words, "user": f"user={user}" if root else "", "programs": programs(run, log, nginx)},
        )
    )
    return target


def with_nginx(settings: Settings) -> Settings:
    """nginx sends the files of a folder, unless a setting says otherwise."""
    if settings.SEND_FILES or not re.fullmatch(
        r"file://[\w/. %-]+", settings.STORAGE_URL
    ):  # nginx reads $ and " as its own
        return settings
    os.environ["SEND_FILES"] = "nginx:/kept/"  # the processes read it too
    return load_settings()


def answers(address: str) -> bool:
    """Whether the site can serve."""
    try:
        with urllib.request.urlopen(address + "/readyz", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def main() -> int:
    try:
        settings = load_settings()
    except WrongSetting as wrong:
        print(f"Cohortium cannot start: {wrong}", file=sys.stderr)
        return 1
    settings = with_nginx(settings)
    run = run_folder(settings)
    log = settings.run_folder.parent / "log"
    log.mkdir(parents=True, exist_ok=True)
    target = write_configuration(settings, run, log)
    for left in ("nginx.pid", "supervisor.sock"):
        (run / left).unlink(missing_ok=True)
    supervisor = subprocess.Popen([*WITH_PARENT, BIN / "supervisord", "-c", target], cwd=ROOT)

    def stop(number: int, frame: object) -> None:
        supervisor.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)

    address = f"http://127.0.0.1:{settings.PORT}"
    limit = time.monotonic() + 120
    while supervisor.poll() is None and time.monotonic() < limit:
        if answers(address):
            print(f"\nCohortium is at {address}  (Ctrl+C stops it; what its processes say: {log})\n", flush=True)
            if settings.APP_ENV == "development" and sign_ins_file(settings).is_file():
                print(sign_ins_file(settings).read_text(), flush=True)
            break
        time.sleep(0.1)
    else:
        print(f"The site does not answer at {address}. What its processes say: {log}", file=sys.stderr)
        stop(signal.SIGTERM, None)
        supervisor.wait()
        return 1
    if supervisor.wait() != 0:
        print(f"supervisor ended unexpectedly, and the site with it. What it said: {log}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
