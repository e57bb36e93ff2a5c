"""Links to documents that are kept elsewhere (SharePoint, a drive, a map): a small file in the form that Windows and macOS know as
a shortcut, so that it is found, moved, talked about, versioned and carried away as every file is, and opens what it names on a
drive too. Whatever way such a file comes, it is a link here.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from community.errors import Invalid, _l
from community.files.names import extension
from community.files.storage import Missing, Stored
from community.ports import ports

SHORTCUT = "application/internet-shortcut"
ENDING = ".url"
LONGEST = 2_000
"""Characters of an address."""
_LARGEST = 8_192
"""Bytes of a file that may be a link."""
_LINE = re.compile(r"^\s*URL\s*=\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)


def checked_href(raw: str) -> str:
    """The address of a document elsewhere: https, a host, nothing secret in it. Raises Invalid("href")."""
    href = raw.strip()
    if len(href) > LONGEST or not href.isprintable() or any(character in href for character in ' <>"\\^`{|}'):
        raise Invalid("href", _l("This address cannot be used. Copy it from the address line of your browser."))
    try:
        parts = urlsplit(href)
        host, secret = parts.hostname, parts.username is not None or parts.password is not None
        _port = parts.port
    except ValueError:
        raise Invalid(
            "href", _l("This address cannot be used. Copy it from the address line of your browser.")
        ) from None
    if parts.scheme != "https" or not host or "." not in host or secret:
        raise Invalid("href", _l("Use an address that begins with https://."))
    return href


def shortcut(href: str) -> bytes:
    """The content of a link."""
    return f"[InternetShortcut]\r\nURL={href}\r\n".encode()


def href_in(name: str, stored: Stored) -> str:
    """Where a file that just came leads, "" when it is no link, or leads where no link of ours may."""
    if extension(name) != ENDING or stored.size > _LARGEST:
        return ""
    try:
        with ports.storage().open(stored.key) as content:
            words = content.read(_LARGEST).decode("utf-8-sig", "replace")
    except Missing:
        return ""
    found = _LINE.search(words)
    try:
        return checked_href(found[1]) if found is not None and "[internetshortcut]" in words.casefold() else ""
    except Invalid:
        return ""


def host_of(href: str) -> str:
    """Where a link leads, in a word: `waterland.sharepoint.com`."""
    return urlsplit(href).hostname or ""


def title_of(name: str) -> str:
    """What a link is called: its name without the ending."""
    return name[: -len(ENDING)] if extension(name) == ENDING else name
