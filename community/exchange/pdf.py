"""A bundle of pages as PDF, with a contents and bookmarks, tagged for screen readers.

The compiler gets a template of ours, which never changes, and the words as data (JSON): nothing that somebody wrote is ever read as
its language, so it can name no file, package or address. Its root is an empty folder that holds the pictures, under names of ours.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from markdown_it.tree import SyntaxTreeNode
from PIL import Image

from community import markdown
from community.errors import Invalid, _l
from community.exchange.bundle import Bundle, Leaf
from community.exchange.exporting import picture
from community.files.storage import Storage
from community.markup import parsed, plain_text

Node = dict[str, Any]
_one_at_a_time = threading.Lock()  # the compiler takes a core and some memory
log = logging.getLogger(__name__)

MOST_CHARACTERS = 2_000_000
"""Of all pages of one PDF: some 700 sheets, half a minute."""
SECONDS = 120
_PAGE = Path(__file__).parent / "page.typ"
_MAX_PIXELS = 40_000_000
_SIDE = 1600  # pixels of a picture in a PDF


def write_pdf(bundle: Bundle, into: BinaryIO, storage: Storage, progress: Callable[[int], None]) -> None:
    """Write the bundle down as one PDF."""
    if sum(len(leaf.body) for leaf in bundle.leaves) > MOST_CHARACTERS:
        raise Invalid("pages", _l("That is too long for one PDF. Take a part of it, or another form."))
    with tempfile.TemporaryDirectory(prefix="pdf-") as folder:
        pictures = _Pictures(bundle, storage, Path(folder))
        pages = []
        for number, leaf in enumerate(bundle.leaves, 1):
            pages.append(
                {"title": leaf.title, "depth": min(leaf.depth, 3), "tags": list(leaf.tags), "c": _page(leaf, pictures)}
            )
            progress(number)
        told = {"title": bundle.title, "space": bundle.space, "lang": bundle.language, "pages": pages}
        (Path(folder) / "page.typ").write_bytes(_PAGE.read_bytes())
        (Path(folder) / "told.json").write_text(json.dumps(told, ensure_ascii=False))
        with _one_at_a_time:
            _set(folder)
        into.write((Path(folder) / "page.pdf").read_bytes())


def _set(folder: str) -> None:
    """Have the compiler run beside us, with nothing of our environment."""
    words = [sys.executable, str(Path(__file__).parent / "typesetting.py"), folder]
    try:
        subprocess.run(words, check=True, timeout=3 * SECONDS, capture_output=True, env={"PATH": ""}, cwd=folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as fault:
        log.warning("a PDF could not be set: %s", (fault.stderr or b"")[-500:].decode("utf-8", "replace"))
        raise Invalid("pages", _l("That is too long for one PDF. Take a part of it, or another form.")) from None


class _Pictures:
    """Pictures of a bundle, made small and put where the compiler finds them, each once."""

    def __init__(self, bundle: Bundle, storage: Storage, folder: Path) -> None:
        self.bundle, self.storage, self.folder = bundle, storage, folder
        self.known: dict[str, str] = {}

    def name(self, address: str) -> str:
        """The file of a picture, "" for what cannot be shown."""
        held = self.bundle.files.get(address)
        if held is None:
            return ""
        if held.storage_key not in self.known:
            self.known[held.storage_key] = self._put(picture(held, self.storage), len(self.known) + 1)
        return self.known[held.storage_key]

    def _put(self, content: bytes | None, number: int) -> str:
        if content is None:
            return ""
        try:
            with Image.open(BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
                if image.width * image.height > _MAX_PIXELS:
                    return ""
                clear = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
                small = image.convert("RGBA" if clear else "RGB")
                small.thumbnail((_SIDE, _SIDE))
                name = f"picture-{number}.{'png' if clear else 'jpg'}"
                small.save(self.folder / name, quality=85)
        except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
            return ""
        return name


def _page(leaf: Leaf, pictures: _Pictures) -> list[Node]:
    tokens = parsed(leaf.body)
    if tokens is None:
        return [{"t": "code", "v": plain_text(leaf.body)}]
    return _Writer(pictures).blocks(SyntaxTreeNode(tokens).children)


class _Writer:
    """Tokens of one page as the nodes that page.typ knows."""

    def __init__(self, pictures: _Pictures) -> None:
        self.pictures = pictures

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> list[Node]:
        made: list[Node] = []
        for node in nodes:
            made += self.block(node)
        return made

    def block(self, node: SyntaxTreeNode) -> list[Node]:
        kind = node.type
        if kind == "heading" and node.tag != "p":
            return [{"t": "h", "level": min(6, int(node.tag[1])), "c": self.line(node.children)}]
        if kind in ("paragraph", "heading"):
            return [{"t": "p", "c": self.line(node.children)}]
        if kind == "blockquote":
            name = str(node.attrs.get("class", "")).rpartition("callout-")[2]
            return [{"t": "callout" if name else "quote", "kind": name, "c": self.blocks(node.children)}]
        if kind in ("bullet_list", "ordered_list"):
            items = [self.item(item) for item in node.children]
            first = int(node.attrs.get("start", 1))
            return [{"t": "list", "numbered": kind == "ordered_list", "first": first, "items": items}]
        if kind in ("fence", "code_block", "formula_block"):
            return [{"t": "code", "v": node.content.rstrip("\n")}]
        if kind == "table":
            return [self.table(node)]
        if kind == "hr":
            return [{"t": "rule"}]
        if kind == "footnote_block":
            notes = [
                self.blocks([one for one in note.children if one.type != "footnote_anchor"]) for note in node.children
            ]
            return [{"t": "rule"}, {"t": "list", "numbered": True, "first": 1, "items": notes}]
        return self.blocks(node.children)

    def item(self, node: SyntaxTreeNode) -> list[Node]:
        sign = node.meta.get("sign", "")
        return [*([{"t": "text", "v": sign}] if sign else []), *self.blocks(node.children)]

    def table(self, node: SyntaxTreeNode) -> Node:
        rows: list[list[list[Node]]] = []
        heads = 0
        for part in node.children:
            for row in part.children:
                rows.append([self.line(cell.children) for cell in row.children])
                heads += part.type == "thead"
        width = max((len(row) for row in rows), default=1)
        return {
            "t": "table",
            "columns": width,
            "head": rows[:heads],
            "rows": [[*row, *[[] for _ in range(width - len(row))]] for row in rows[heads:]],
        }

    def line(self, nodes: Sequence[SyntaxTreeNode]) -> list[Node]:
        made: list[Node] = []
        for node in nodes:
            made += self.line(node.children) if node.type == "inline" else self.piece(node)
        return made

    def piece(self, node: SyntaxTreeNode) -> list[Node]:
        kind = node.type
        if kind in ("em", "strong", "s"):
            return [{"t": kind, "c": self.line(node.children)}]
        if kind == "link":
            address = str(node.attrs.get("href", ""))
            outside = address.lower().startswith(("http://", "https://", "mailto:"))
            return [{"t": "link", "to": address if outside else "", "c": self.line(node.children)}]
        if kind == "image":
            words = markdown.token_text(node.token) if node.token else ""
            name = self.pictures.name(str(node.attrs.get("src", "")))
            return [{"t": "image", "name": name, "alt": words}]
        if kind in ("code_inline", "formula"):
            return [{"t": "mono", "v": node.content}]
        if kind == "softbreak" or kind == "hardbreak":
            return [{"t": "br"}]
        if kind == "footnote_ref":
            return [{"t": "sup", "v": str(node.meta["id"] + 1)}]
        if kind == "task":
            return [{"t": "text", "v": "☑ " if node.meta["checked"] else "☐ "}, *self.line(node.children)]
        sign = {"mention": "@", "topic": "#"}.get(kind, "")
        return [{"t": "text", "v": sign + node.content}]
