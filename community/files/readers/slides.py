"""Slides: PowerPoint (ECMA-376 part 1, 19 and 21) and OpenDocument Presentation. One part a slide, with what is said beside it."""

from __future__ import annotations

from collections.abc import Mapping

from community.files.readers.packed import Packed, Xml
from community.files.readers.telling import Told
from community.files.readers.word import OpenText, Paragraphs

_NO_WORDS_OF_THEIRS = ("sldNum", "dt", "ftr", "hdr")


def read_pptx(packed: Packed, told: Told) -> None:
    """The slides in their order, hidden ones too."""
    told.kind = "slide"
    main = packed.main_part()
    order = _Order()
    packed.parse(main, order)
    names = packed.relations(main)
    told.count = len(order.slides)
    for key in order.slides:
        told.begin()
        _kind, name = names.get(key, ("", ""))
        if name not in packed:
            continue
        packed.parse(name, _Shapes(told))
        for kind, other in packed.relations(name).values():
            if other in packed and kind == "diagramData":
                packed.parse(other, _Shapes(told))
            elif other in packed and kind == "notesSlide":
                packed.parse(other, _Shapes(told, notes=True))


class _Order(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.slides: list[str] = []

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sldId" and len(self.slides) < 20_000:
            self.slides.append(attributes.get("r:id", ""))


class _Shapes(Paragraphs):
    """The words of the shapes of a slide; of its notes only what was written there."""

    def __init__(self, told: Told, *, notes: bool = False) -> None:
        super().__init__(told)
        self._notes = notes
        self._role = ""
        self._skipped = 0
        self._in_text = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._skipped or name == "Fallback":
            self._skipped += 1
        elif name == "sp":
            self._role = ""
        elif name == "ph":
            self._role = attributes.get("type", "other")
        elif name == "p":
            self.start("note" if self._notes else "h1" if self._role in ("title", "ctrTitle") else "p")
        elif name == "t":
            self._in_text += 1
        elif name == "br":
            self.add(" ")
        elif name == "tr":
            self.start_row()
        elif name == "tc":
            self.start_cell()

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name == "p":
            wanted = self._role == "body" if self._notes else self._role not in _NO_WORDS_OF_THEIRS
            if not wanted and self._open:
                self._open[-1][1].clear()
            elif self._open and self._open[-1][0][0] == "h1" and not self.told.parts[-1].title:
                self.told.parts[-1].title = " ".join("".join(self._open[-1][1]).split())[:200]
            self.stop()
        elif name == "t":
            self._in_text -= 1
        elif name == "tc":
            self.stop_cell()
        elif name == "tr":
            self.stop_row()

    def words(self, text: str) -> None:
        if self._in_text and not self._skipped:
            self.add(text)


def read_odp(packed: Packed, told: Told) -> None:
    """The slides in their order."""
    told.kind = "slide"
    reader = _OpenSlides(told)
    try:
        packed.parse("content.xml", reader)
    finally:
        told.count = reader.count


class _OpenSlides(OpenText):
    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self.count = 0
        self._in_notes = False
        self._is_title = False

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "page" and not self._skipped:
            self.count += 1
            self.told.begin()
        elif name == "notes":
            self._in_notes = True
        elif name == "frame":
            self._is_title = attributes.get("class") == "title"
        super().begin(name, attributes)

    def kind_of_paragraph(self) -> str:
        return "note" if self._in_notes else "h1" if self._is_title else super().kind_of_paragraph()

    def end(self, name: str) -> None:
        if name == "notes":
            self._in_notes = False
        if name == "p" and self._is_title and not self._in_notes and self._open and self.told.parts:
            part = self.told.parts[-1]
            part.title = part.title or " ".join("".join(self._open[-1][1]).split())[:200]
        super().end(name)
