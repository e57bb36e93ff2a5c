"""The words of a PDF, page by page, taken out in a process of its own with little memory, little time and nothing of ours in reach.

This file is also that process: `python -I pdf.py FILE` prints a line of JSON for each page. It knows nothing of the house, so that
whatever a hostile file does to the reader of PDFs, it does there. PDFium reads (through pypdfium2).
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import BinaryIO

MOST_PAGES = 300
MOST_CHARACTERS = 300_000
"""Of one PDF: what lies behind is not read."""
SECONDS = 20
"""Of the processor; half as many again on the clock."""
MEMORY = 1 << 30
"""Bytes of address space of the process that reads."""
_BROKEN = re.compile("[\x02\u00ad\ufffe]\r?\n")  # a hyphen at the end of a line, as PDFium tells it


@dataclass(frozen=True)
class Read:
    """The words of each page that was read, and how many pages there are. `whole`: nothing was left unread."""

    pages: tuple[str, ...]
    count: int
    whole: bool


class Unreadable(Exception):
    """The bytes are no PDF that can be read: broken, locked with a password, or too much for the time and memory it gets."""


def words_in(source: BinaryIO) -> Read:
    """The words of a PDF. Raises Unreadable."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as copy:
        shutil.copyfileobj(source, copy)
        copy.flush()
        command = [sys.executable, "-I", __file__, copy.name]
        try:
            done = subprocess.run(
                command, env={"PATH": os.defpath}, capture_output=True, timeout=SECONDS * 1.5, check=True
            )
            lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
            count = int(lines[0]["count"])
            pages = tuple(_joined(str(line["words"])) for line in lines[1:])
            return Read(pages, count, whole=len(pages) == count and not lines[-1].get("cut", False))
        except (subprocess.SubprocessError, ValueError, KeyError, IndexError) as fault:
            raise Unreadable(type(fault).__name__) from fault


def _joined(words: str) -> str:
    """Words that were broken at the end of a line, whole again; one kind of line end."""
    return _BROKEN.sub("", words).replace("\r\n", "\n").replace("\r", "\n").strip()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _tell(path: str) -> None:
    """The process: the number of pages, then the words of each."""
    _limit()
    import pypdfium2

    pdf = pypdfium2.PdfDocument(path)
    left = MOST_CHARACTERS
    out: list[dict[str, object]] = [{"count": len(pdf)}]
    for number in range(min(len(pdf), MOST_PAGES)):
        words = pdf[number].get_textpage().get_text_bounded()
        out.append({"words": words[:left], "cut": len(words) > left})
        left -= len(words)
        if left <= 0:
            break
    sys.stdout.buffer.write("\n".join(json.dumps(line) for line in out).encode())


if __name__ == "__main__":
    _tell(sys.argv[1])
