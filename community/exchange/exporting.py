"""A bundle of pages as one HTML file, as an archive of Markdown with its files, or as plain text. Nothing is fetched: words
come from the rows, bytes from the storage. The same pages give the same bytes.
"""

from __future__ import annotations

import base64
import json
import posixpath
import re
import zipfile
from collections.abc import Callable
from html import escape, unescape
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from community.exchange.bundle import FILE_LINK, Bundle, Held, Leaf
from community.files.media_types import INLINE
from community.files.names import checked_name
from community.files.storage import Storage
from community.markup import plain_text
from community.ports import ports

FORMATS = {
    "html": ("text/html", ".html"),
    "pdf": ("application/pdf", ".pdf"),
    "markdown": ("application/zip", ".zip"),
    "text": ("text/plain", ".txt"),
}
"""What a bundle can become: its media type and the end of its name."""
MAX_PICTURE = 10_000_000
"""Bytes of a picture that stands in a page of HTML or PDF. A larger one is named."""
_WHEN = (1980, 1, 1, 0, 0, 0)
_IMG = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
_HREF = re.compile(r'<a ((?:class="[a-z]+" )?)href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)
_ID = re.compile(r' id="((?:h|fn|fnref)-)')
Progress = Callable[[int], None]


def file_name(bundle: Bundle, kind: str) -> str:
    """How the export is called: after its title."""
    title = re.sub(r"[/\\\x00-\x1f\x7f]+", " ", bundle.title)[:120]
    return checked_name(f"{title.strip(' .') or 'wiki'}{FORMATS[kind][1]}")


def write(bundle: Bundle, kind: str, into: BinaryIO, storage: Storage, progress: Progress = lambda _done: None) -> None:
    """Write a bundle down in one of the `FORMATS`."""
    if kind == "markdown":
        _markdown(bundle, into, storage, progress)
    elif kind == "html":
        _html(bundle, into, storage, progress)
    elif kind == "text":
        _text(bundle, into, progress)
    else:
        from community.exchange.pdf import write_pdf

        write_pdf(bundle, into, storage, progress)


def picture(held: Held, storage: Storage) -> bytes | None:
    """The bytes of a picture that a page may show; None for what is none, is too large or is gone."""
    if held.media_type not in INLINE or held.size > MAX_PICTURE or not storage.exists(held.storage_key):
        return None
    with storage.open(held.storage_key) as stream:
        return stream.read(MAX_PICTURE + 1)


# ---- plain text -----------------------------------------------------------------------------------------------------


def _text(bundle: Bundle, into: BinaryIO, progress: Progress) -> None:
    for number, leaf in enumerate(bundle.leaves, 1):
        title = leaf.title
        words = f"{title}\n{'=' * min(len(title), 72)}\n\n{plain_text(leaf.body).strip()}\n"
        into.write(("\n\n" if number > 1 else "").encode() + words.encode())
        progress(number)


# ---- Markdown -------------------------------------------------------------------------------------------------------


def front_matter(leaf: Leaf, order: int) -> str:
    """What stands above the words of a page: YAML, its strings quoted as JSON (which YAML 1.2 reads)."""
    lines = ["---", f"title: {json.dumps(leaf.title, ensure_ascii=False)}"]
    if leaf.tags:
        lines.append(f"tags: {json.dumps(list(leaf.tags), ensure_ascii=False)}")
    lines.append(f"order: {order}")
    if leaf.template:
        lines.append(f"template: {leaf.template}")
    return "\n".join([*lines, "---", ""])


def _markdown(bundle: Bundle, into: BinaryIO, storage: Storage, progress: Progress) -> None:
    above = posixpath.dirname(bundle.root)
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for number, leaf in enumerate(bundle.leaves, 1):
            place = leaf.path.removeprefix(f"{above}/") if above else leaf.path
            up = "../" * place.count("/")

            def relative(found: re.Match[str], up: str = up) -> str:
                held = bundle.files.get(found[0])
                return f"{up}files/{quote(held.name)}" if held else found[0]

            words = front_matter(leaf, number) + FILE_LINK.sub(relative, leaf.body)
            archive.writestr(_entry(f"{place}.md"), words.encode())
            progress(number)
        for held in {one.name: one for one in bundle.files.values()}.values():
            if not storage.exists(held.storage_key):
                continue
            with storage.open(held.storage_key) as stream, archive.open(_entry(f"files/{held.name}"), "w") as out:
                while piece := stream.read(128 * 1024):
                    out.write(piece)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
    return entry


# ---- HTML -----------------------------------------------------------------------------------------------------------


def _html(bundle: Bundle, into: BinaryIO, storage: Storage, progress: Progress) -> None:
    anchors = {leaf.path: f"p{number}" for number, leaf in enumerate(bundle.leaves, 1)}
    sheet = (Path(__file__).parent / "page.css").read_text()
    title = escape(bundle.title)
    into.write(
        (
            f'<!doctype html>\n<html lang="{escape(bundle.language)}">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
            "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
            f"<title>{title}</title>\n<style>\n{sheet}</style>\n</head>\n<body>\n"
        ).encode()
    )
    if len(bundle.leaves) > 1:
        contents = "".join(
            f'<li data-depth="{min(leaf.depth, 5)}"><a href="#{anchors[leaf.path]}">{escape(leaf.title)}</a></li>\n'
            for leaf in bundle.leaves
        )
        into.write(f"<header><h1>{title}</h1>\n<nav><ol>\n{contents}</ol></nav></header>\n".encode())
    for number, leaf in enumerate(bundle.leaves, 1):
        words = _alone(leaf, bundle, anchors, storage)
        tags = "".join(f" <span>#{escape(tag)}</span>" for tag in leaf.tags)
        head = f'<article id="{anchors[leaf.path]}">\n<h1>{escape(leaf.title)}</h1>\n'
        into.write(f"{head}{f'<p>{tags.strip()}</p>' if tags else ''}{words}</article>\n".encode())
        progress(number)
    into.write(b"</body>\n</html>\n")


def _alone(leaf: Leaf, bundle: Bundle, anchors: dict[str, str], storage: Storage) -> str:
    """The words of a page that need nothing else: pictures in them, links within the bundle, no request to anybody."""
    mine = anchors[leaf.path]
    base = ports.site().rstrip("/")

    def image(found: re.Match[str]) -> str:
        address, words = unescape(found[1]), found[2]
        held = bundle.files.get(address)
        content = picture(held, storage) if held else None
        if held is None or content is None:
            return f"<em>[{words or escape(address)}]</em>"
        return f'<img src="data:{held.media_type};base64,{base64.b64encode(content).decode()}" alt="{words}">'

    def link(found: re.Match[str]) -> str:
        address, words = unescape(found[2]), found[4]
        if address.startswith("#"):
            return f'<a href="#{mine}-{escape(address[1:])}"{found[3]}>{words}</a>'
        path, _, place = address.removeprefix(f"/spaces/{bundle.slug}/wiki/").partition("#")
        if address.startswith(f"/spaces/{bundle.slug}/wiki/") and path in anchors:
            there = anchors[path] + (f"-{place}" if place else "")
            return f'<a href="#{escape(there)}">{words}</a>'
        if address.startswith("/"):
            return f'<a href="{escape(base + address)}">{words}</a>' if base and "red" not in found[1] else words
        return found[0]

    html = _IMG.sub(image, _HREF.sub(link, leaf.body_html))
    return _ID.sub(lambda found: f' id="{mine}-{found[1]}', html)
