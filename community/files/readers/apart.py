"""What runs in the process that reads: prints one line of JSON, what was told or why nothing could be."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable

from community.files.readers import books, pdf, rich, sheets, slides, word
from community.files.readers.packed import Packed
from community.files.readers.telling import Enough, Fault, Told

_PACKED: dict[str, Callable[[Packed, Told], None]] = {
    "docx": word.read_docx,
    "pptx": slides.read_pptx,
    "xlsx": sheets.read_xlsx,
    "odt": word.read_odt,
    "odp": slides.read_odp,
    "ods": sheets.read_ods,
    "epub": books.read_epub,
}
_PLAIN: dict[str, Callable[[str, Told], None]] = {
    "pdf": pdf.read_pdf,
    "csv": sheets.read_csv,
    "html": books.read_html,
    "rtf": rich.read_rtf,
}
KINDS = (*_PACKED, *_PLAIN)


def main(kind: str, path: str) -> None:
    """Read a file and print what was told. Whatever goes wrong in a reader is a reason."""
    warnings.simplefilter("ignore")
    told = Told()
    try:
        _read(kind, path, told)
    except Enough:
        told.cut = True
    except Fault as fault:
        _print({"fault": fault.why})
        return
    except MemoryError:
        _print({"fault": "large"})
        return
    except Exception:  # readers meet hostile bytes with a dozen kinds of errors
        _print({"fault": "damaged"})
        return
    _print(told.as_json())


def _read(kind: str, path: str, told: Told) -> None:
    if kind in _PLAIN:
        _PLAIN[kind](path, told)
        return
    packed = Packed(path)
    if kind.startswith("od") and _is_locked(packed):
        raise Fault("locked")
    _PACKED[kind](packed, told)


def _is_locked(packed: Packed) -> bool:
    """Whether the list of an OpenDocument file says that its parts are encrypted (part 2, 4.4)."""
    if "META-INF/manifest.xml" not in packed:
        return False
    with packed.open("META-INF/manifest.xml") as stream:
        return b"encryption-data" in stream.read(4_000_000)


def _print(said: object) -> None:
    sys.stdout.buffer.write(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace"))
