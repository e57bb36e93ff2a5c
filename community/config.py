"""Settings from the environment (and `.env`), validated at start. Each is documented here and named in README.md.

A wrong value stops the start with one sentence that names the setting: `WrongSetting`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent


class WrongSetting(Exception):
    """A setting that cannot be used. The message is one sentence that names it."""


@dataclass(frozen=True)
class Settings:
    """What can be set. The metadata of a field is its documentation; a test holds README.md against it."""

    # development, testing or production. Development fills in a key and a demo; production refuses both.
    APP_ENV: str = "development"
    # Where everything is kept: sqlite:///path (relative to the project) or postgresql+psycopg://user:pass@host/db
    DATABASE_URL: str = "sqlite:///instance/community.db"
    # Shares what is ephemeral between processes (rate limits, who is here). Unset = each process counts for itself.
    REDIS_URL: str = ""
    # Where uploaded bytes are kept: file://path or s3://key:secret@bucket?endpoint_url=…&region=…&prefix=…
    STORAGE_URL: str = "file://instance/files"
    # Who sends the bytes of files: nobody but this process (unset), nginx:/kept/ (a front server that reads the folder of
    # STORAGE_URL at that internal location), or signed (the object storage itself, at an address that is good for a minute).
    SEND_FILES: str = ""
    # Where the search index is kept: whoosh://path
    SEARCH_URL: str = "whoosh://search_index"
    # Signs cookies and tokens. Required outside development, at least 32 characters.
    SECRET_KEY: str = ""
    # The address people type. Builds links in mails; https switches on Secure cookies and HSTS.
    BASE_URL: str = ""
    # How mail leaves: file://folder (a file a mail) or smtp://user:pass@host:port (smtps:// for TLS from the start)
    MAIL_URL: str = "file://instance/mail"
    # The sender of mails.
    MAIL_FROM: str = "Cohortium <cohortium@localhost>"
    # The domain whose mail is piped into `flask mail receive`: replies become comments, failures are noted. Unset = none.
    MAIL_DOMAIN: str = ""
    # The private key by which push services know the house (base64url). Unset = made once, kept beside the database.
    PUSH_KEY: str = ""
    # DEBUG, INFO, WARNING or ERROR
    LOG_LEVEL: str = "INFO"
    # The port of `make run` and of the front server of `make serve`.
    PORT: int = 5000
    # What this process is: all, web, live or worker.
    ROLE: str = "all"
    # The largest single request in megabytes: a form, or a file sent whole.
    UPLOAD_MB: int = 64
    # The largest file in megabytes, however many pieces it comes in.
    FILE_MB: int = 20000
    # How many megabytes of files one space holds, unless its staff or an administrator said otherwise there. 0 = without end.
    SPACE_MB: int = 50000
    # How many megabytes of files one person sends in all. 0 = without end.
    PERSON_MB: int = 0
    # Which kinds of files may come in, with a size in megabytes where one has its own: pictures video=2000 documents
    UPLOAD_TYPES: str = "pictures video audio documents archives text web other"
    # drop or keep: what cameras note in pictures and films of where, when and by whom they were taken.
    PICTURE_NOTES: str = "drop"
    # Who looks for harm in uploads: clamd://host:3310, clamd:///path/to.sock or command:/usr/bin/scanner. Unset = nobody.
    SCAN_URL: str = ""
    # closed or open: whether files come in while the scanner cannot be asked.
    SCAN_FAIL: str = "closed"
    # on or off: whether files and folders can be shared by links with people who have no account.
    SHARE_LINKS: str = "on"
    # The longest that such a link may live, in days.
    SHARE_DAYS: int = 365
    # How many proxies in front may be believed about the caller's address.
    TRUSTED_PROXIES: int = 0
    # on or off: whether the first link of a post is fetched for a preview (title, description, site).
    LINK_PREVIEWS: str = "off"
    # The program that makes PDFs of office documents for their previews: a name or a path; off = none.
    OFFICE_CONVERTER: str = "soffice"
    # The name of the organisation, shown at the bottom of each page and in "Everyone at …".
    ORGANISATION: str = ""

    @property
    def https(self) -> bool:
        """Whether people reach the site over https, so that cookies can be `Secure`."""
        return self.BASE_URL.startswith("https://")

    @property
    def sqlite_path(self) -> Path | None:
        """The database file when the database is SQLite, else None."""
        if not self.DATABASE_URL.startswith("sqlite:///"):
            return None
        return _from_root(self.DATABASE_URL.removeprefix("sqlite:///"))

    @property
    def search_folder(self) -> Path:
        return _from_root(self.SEARCH_URL.removeprefix("whoosh://"))

    @property
    def run_folder(self) -> Path:
        """Where processes on one machine find each other (wake-up sockets)."""
        return (self.sqlite_path.parent if self.sqlite_path else ROOT / "instance") / "run"


def _from_root(path: str) -> Path:
    return Path(path) if Path(path).is_absolute() else ROOT / path


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings. `environ` defaults to the process environment plus `.env`.

    Raises WrongSetting with one sentence that names the first setting that cannot be used.
    """
    if environ is None:
        from dotenv import dotenv_values

        environ = {**{k: v or "" for k, v in dotenv_values(ROOT / ".env").items()}, **os.environ}
    values: dict[str, object] = {}
    for spec in fields(Settings):
        raw = environ.get(spec.name, "").strip()
        if not raw:
            continue
        if spec.type == "int":
            try:
                values[spec.name] = int(raw)
            except ValueError:
                raise WrongSetting(f"{spec.name} must be a whole number, not {raw!r}.") from None
        else:
            values[spec.name] = raw
    settings = Settings(**values)  # type: ignore[arg-type]
    return _checked(settings)


def _checked(s: Settings) -> Settings:
    if s.APP_ENV not in ("development", "testing", "production"):
        raise WrongSetting(f"APP_ENV must be development, testing or production, not {s.APP_ENV!r}.")
    if not s.DATABASE_URL.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise WrongSetting("DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    if s.REDIS_URL and urlsplit(s.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        raise WrongSetting("REDIS_URL must begin with redis://, rediss:// or unix://.")
    if not s.STORAGE_URL.startswith(("file://", "s3://")):
        raise WrongSetting("STORAGE_URL must begin with file:// or s3://.")
    if s.SEND_FILES not in ("", "signed") and not re.fullmatch(r"nginx:/([a-z0-9_-]+/)+", s.SEND_FILES):
        raise WrongSetting("SEND_FILES must be signed, or nginx: and a location such as nginx:/kept/.")
    if s.SEND_FILES and (s.SEND_FILES == "signed") != s.STORAGE_URL.startswith("s3://"):
        raise WrongSetting("SEND_FILES must be nginx:… where STORAGE_URL is a folder, and signed where it is a bucket.")
    if not s.SEARCH_URL.startswith("whoosh://"):
        raise WrongSetting("SEARCH_URL must begin with whoosh://.")
    if urlsplit(s.MAIL_URL).scheme not in ("file", "smtp", "smtps"):
        raise WrongSetting("MAIL_URL must begin with file://, smtp:// or smtps://.")
    if s.MAIL_DOMAIN and not re.fullmatch(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", s.MAIL_DOMAIN):
        raise WrongSetting("MAIL_DOMAIN must be a domain in small letters, such as reply.example.org.")
    if s.PUSH_KEY and not re.fullmatch(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", s.PUSH_KEY):
        raise WrongSetting("PUSH_KEY must be the 43 letters of a private key, as the file push_key holds them.")
    if s.LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise WrongSetting(f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {s.LOG_LEVEL!r}.")
    if not 0 < s.PORT < 65536:
        raise WrongSetting("PORT must be between 1 and 65535.")
    if s.ROLE not in ("all", "web", "live", "worker"):
        raise WrongSetting(f"ROLE must be all, web, live or worker, not {s.ROLE!r}.")
    if s.UPLOAD_MB < 1:
        raise WrongSetting("UPLOAD_MB must be 1 or more.")
    if s.FILE_MB < s.UPLOAD_MB:
        raise WrongSetting("FILE_MB must be UPLOAD_MB or more.")
    if s.SPACE_MB < 0:
        raise WrongSetting("SPACE_MB must be 0 or more.")
    if s.PERSON_MB < 0:
        raise WrongSetting("PERSON_MB must be 0 or more.")
    if s.PICTURE_NOTES not in ("drop", "keep"):
        raise WrongSetting(f"PICTURE_NOTES must be drop or keep, not {s.PICTURE_NOTES!r}.")
    if s.SCAN_FAIL not in ("closed", "open"):
        raise WrongSetting(f"SCAN_FAIL must be closed or open, not {s.SCAN_FAIL!r}.")
    if s.LINK_PREVIEWS not in ("on", "off"):
        raise WrongSetting(f"LINK_PREVIEWS must be on or off, not {s.LINK_PREVIEWS!r}.")
    if s.SHARE_LINKS not in ("on", "off"):
        raise WrongSetting(f"SHARE_LINKS must be on or off, not {s.SHARE_LINKS!r}.")
    if not 1 <= s.SHARE_DAYS <= 3650:
        raise WrongSetting("SHARE_DAYS must be between 1 and 3650.")
    if s.TRUSTED_PROXIES < 0:
        raise WrongSetting("TRUSTED_PROXIES must be 0 or more.")
    base = urlsplit(s.BASE_URL)
    if s.BASE_URL and (base.scheme not in ("http", "https") or not base.netloc or base.path not in ("", "/")):
        raise WrongSetting("BASE_URL must be an address such as https://learn.example.org, without a path.")
    if s.APP_ENV == "production":
        if len(s.SECRET_KEY) < 32 or len(set(s.SECRET_KEY)) < 8:
            raise WrongSetting("SECRET_KEY must be set to at least 32 random characters outside development.")
        if not s.BASE_URL:
            raise WrongSetting("BASE_URL must be set outside development.")
    return s
