"""What the catalogues lack: compares them with the sentences in the code and templates (`.babel.cfg` says where).

python -m blueprints.translations         prints the entries that are missing, ready to append and fill in
python -m blueprints.translations tidy    sorts the catalogues, notes where each sentence stands, drops what is unused
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import generate_po

from blueprints.language import CATALOGUES, LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
MARKS: dict[str, Any] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}


@cache
def sentences() -> Catalog:
    """Every sentence that is marked for translation."""
    with (ROOT / ".babel.cfg").open() as file:
        mapping, options = parse_mapping_cfg(file)
    found = Catalog()
    for folder in ("community", "blueprints", "templates"):
        for path, _line, text, _comments, context in extract_from_dir(
            str(ROOT / folder), mapping, options, keywords=MARKS
        ):
            found.add(text, None, [(f"{folder}/{path}", 0)], context=context)
    return found


def untranslated(code: str) -> Iterator[Message]:
    """The sentences that this language's catalogue lacks, or holds without words or as a guess."""
    held = catalogue(code)
    for message in sentences():
        if not message.id:
            continue
        mine = held.get(message.id, message.context)
        words = mine.string if mine else ""
        if mine is None or mine.fuzzy or not (all(words) if isinstance(words, tuple) else words):
            yield message


def as_entries(messages: Iterable[Message]) -> str:
    """Messages as empty catalogue entries."""
    out = Catalog(locale="nl")
    for message in messages:
        out.add(message.id, None, message.locations, context=message.context)
    return "".join(generate_po(out, omit_header=True, width=0, sort_by="location"))


def tidy(code: str) -> None:
    """Rewrite a catalogue in the order of the sources, without what is no longer said."""
    held = catalogue(code)
    out = Catalog(locale=code, project="Cohortium", version="1", charset="utf-8", header_comment=held.header_comment)
    for message in sentences():
        mine = held.get(message.id, message.context)
        if message.id and mine is not None:
            out.add(
                message.id, mine.string, message.locations, context=message.context, user_comments=mine.user_comments
            )
    text = "".join(generate_po(out, width=100, sort_by="location"))
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(('"POT-Creation-Date', '"PO-Revision-Date', '"Last-Translator'))
    ]
    (CATALOGUES / code / "LC_MESSAGES" / "messages.po").write_text("\n".join(kept) + "\n", encoding="utf-8")


def main(words: list[str]) -> int:
    missing = 0
    for code in LANGUAGES:
        if code == "en":
            continue
        if words == ["tidy"]:
            tidy(code)
        entries = as_entries(untranslated(code))
        missing += bool(entries)
        sys.stdout.write((entries or f"{LANGUAGES[code]}: nothing is missing.") + "\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
