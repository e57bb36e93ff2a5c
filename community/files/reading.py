"""The words of a document of a stranger, taken out in a process of its own (`readers`) behind walls (`confined`)."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from community.files.confined import Limits, run
from community.files.media_types import OFFICE_XML, OPEN_DOCUMENT
from community.files.storage import CHUNK

MOST_BYTES = 256_000_000
"""Of a file that is looked into."""
LIMITS = Limits(memory=1 << 30, cpu=20, file=4_000_000, clock=30)
"""Of the process that reads."""
Why = Literal["locked", "damaged", "large"]
PartKind = Literal["page", "slide", "sheet", ""]

READERS = {
    "application/pdf": "pdf",
    OFFICE_XML + "wordprocessingml.document": "docx",
    OFFICE_XML + "presentationml.presentation": "pptx",
    OFFICE_XML + "spreadsheetml.sheet": "xlsx",
    OPEN_DOCUMENT + "text": "odt",
    OPEN_DOCUMENT + "presentation": "odp",
    OPEN_DOCUMENT + "spreadsheet": "ods",
    "application/epub+zip": "epub",
    "application/rtf": "rtf",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "text/html": "html",
    "application/xhtml+xml": "html",
}
"""Which reader takes the words out of which type."""
_READERS = str(Path(__file__).with_name("readers"))
_PROGRAM = """
import sys, types
for name in ("community", "community.files", "community.files.readers"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [sys.argv[1]] if name.endswith("readers") else []
from community.files.readers.apart import main
main(*sys.argv[2:])
"""
"""Their folder is all that a reader sees of the house."""


@dataclass(frozen=True)
class Part:
    """One page, slide or sheet: its title, and its lines, each with its kind in front (`h1` … `h6`, `p`, `li`, `note`, `row`)."""

    title: str = ""
    lines: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """Its words. Rows and items follow each other; an empty line stands before all else."""
        said = ""
        for kind, *words in self.lines:
            close = kind in ("row", "li")
            said += ("\n" if close else "\n\n") * bool(said) + "\t".join(words)
        return said


@dataclass(frozen=True)
class Read:
    """What was read of a file. `kind` is what its parts are, `count` how many it has; `whole`: nothing was left unread."""

    parts: tuple[Part, ...]
    count: int
    whole: bool
    kind: PartKind = ""


class Unreadable(Exception):
    """No words can be taken out of these bytes: they are locked with a password, damaged, or too much for the time and memory that
    a reader gets.
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def words_in(source: BinaryIO, media_type: str) -> Read:
    """The words of a document of one of the types of `READERS`. Raises Unreadable."""
    with tempfile.TemporaryDirectory(prefix="reading-") as folder:
        copy, left = Path(folder) / "document", MOST_BYTES
        with copy.open("wb") as into:
            while piece := source.read(CHUNK):
                left -= len(piece)
                if left < 0:
                    raise Unreadable("large")
                into.write(piece)
        command = [sys.executable, "-I", "-c", _PROGRAM, _READERS, READERS[media_type], str(copy)]
        done = run(command, LIMITS, reads=[_READERS], writes=folder)
    if done.code:  # by a signal: it took too much
        raise Unreadable("large" if done.late or done.code < 0 else "damaged")
    try:
        said = json.loads(done.out)
        if "fault" in said:
            raise Unreadable(said["fault"])
        parts = tuple(
            Part(str(title), tuple(tuple(map(str, line)) for line in lines)) for title, lines in said["parts"]
        )
        return Read(parts, int(said["count"]), not said["cut"], said["kind"])
    except (ValueError, KeyError, TypeError) as fault:
        raise Unreadable("damaged") from fault
