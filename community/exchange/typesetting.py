"""A program of its own: sets the page.typ of a folder as page.pdf, within bounds of time and memory. Its memory goes with it.

    python typesetting.py FOLDER

Run by `pdf`, never imported by the house.
"""

from __future__ import annotations

import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

SECONDS = 120
BYTES = 3_000_000_000
"""Of address space: a book of two million characters takes 0.7 GB."""


def main(folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":  # elsewhere the system does not keep to it
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    typst: Any = import_module("typst")
    made = typst.compile(str(Path(folder) / "page.typ"), root=folder, format="pdf")
    (Path(folder) / "page.pdf").write_bytes(made)


if __name__ == "__main__":
    main(sys.argv[1])
