"""What can be seen of a file without opening it: pictures and pages as WebP, a still of a video, the shape of a sound.

Pictures and PDFs are drawn here (drawing.py), videos and sounds where `ffmpeg` is found, office documents where the program of
OFFICE_CONVERTER is; all of it by programs with few rights (confined.py). What a limit cuts off keeps what was drawn before.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from community.files import drawing
from community.files.confined import Limits, Said, run
from community.files.media_types import OFFICE_XML, OPEN_DOCUMENT

MB = 1 << 20
PDF = "application/pdf"
MOST_PAGES = 100
"""Of one document: what lies behind is not drawn."""
DRAWS = Limits(memory=1536 * MB, cpu=60, file=40 * MB, clock=120)
PLAYS = Limits(memory=2048 * MB, cpu=60, file=60 * MB, clock=120)
WRITES = Limits(memory=4096 * MB, cpu=90, file=200 * MB, clock=150)

PICTURES = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/heic", "image/tiff", "image/bmp")
)
# The name by which ffmpeg knows a kind: it is told, never asked, so that no playlist is read as a film (it could name other files).
VIDEOS = {"video/mp4": "mov", "video/quicktime": "mov", "video/webm": "matroska"}
SOUNDS = {
    "audio/mp4": "mov",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/wav": "wav",
}
OFFICE = {
    OFFICE_XML + "wordprocessingml.document": ".docx",
    OFFICE_XML + "spreadsheetml.sheet": ".xlsx",
    OFFICE_XML + "presentationml.presentation": ".pptx",
    OPEN_DOCUMENT + "text": ".odt",
    OPEN_DOCUMENT + "spreadsheet": ".ods",
    OPEN_DOCUMENT + "presentation": ".odp",
}
DRAWN = (*sorted(PICTURES), PDF, *VIDEOS, *SOUNDS, *OFFICE)
"""Kinds of files of which something is drawn."""
REASONS = ("damaged", "locked", "pixels", "packed", "much", "converter")
"""Why nothing could be drawn. `converter`: the program for it is not here, or not any more."""

_converter = "soffice"


class Impossible(Exception):
    """Nothing can be drawn of these bytes. `str()` is one of REASONS."""


@dataclass(frozen=True)
class Drawn:
    """One picture that was drawn: `thumb`, `sheet` (of a document its page, from 1), `poster` or `wave`."""

    what: str
    page: int
    path: Path
    width: int
    height: int


@dataclass
class Preview:
    """All that was drawn. `pages`: of the document, however many were drawn; `seconds`: of a video or a sound."""

    parts: list[Drawn] = field(default_factory=list)
    pages: int = 0
    seconds: float | None = None
    width: int = 0
    height: int = 0


def use(converter: str) -> None:
    """Say which program makes PDFs of office documents: a name that is looked for, a path, or `off`."""
    global _converter
    _converter = converter


def may_be_drawn(media_type: str) -> bool:
    """Whether something is drawn of files of this kind, if their program is here."""
    return media_type in DRAWN


def can_draw(media_type: str) -> bool:
    """Whether what draws files of this kind is here now."""
    if media_type in OFFICE:
        return _office() is not None
    if media_type in VIDEOS or media_type in SOUNDS:
        return shutil.which("ffmpeg") is not None and shutil.which("ffprobe") is not None
    return media_type in DRAWN


def _office() -> str | None:
    return None if _converter == "off" else shutil.which(_converter)


@contextmanager
def preview_of(source: Any, media_type: str) -> Iterator[Preview]:
    """Draw what can be seen of the bytes of a stream; the pictures are there until the block ends. Raises Impossible."""
    if not can_draw(media_type):
        raise Impossible("converter")
    with TemporaryDirectory(prefix="preview-") as made:
        folder = Path(made)
        (folder / "out").mkdir()
        path = folder / f"source{OFFICE.get(media_type, '')}"
        with path.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        if media_type in VIDEOS:
            yield _video(path, folder / "out", VIDEOS[media_type])
        elif media_type in SOUNDS:
            yield _sound(path, folder / "out", SOUNDS[media_type])
        elif media_type in OFFICE:
            yield _document(path, folder / "out")
        else:
            yield _draw("pdf" if media_type == PDF else "picture", path, folder / "out")


def _lines(said: Said) -> list[dict[str, Any]]:
    found = []
    for line in said.out.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            break  # the limit struck while it was said
    return found


def _draw(what: str, path: Path, out: Path) -> Preview:
    command = [sys.executable, "-I", drawing.__file__, what, str(path), str(out), str(MOST_PAGES)]
    said = run(command, DRAWS, reads=[str(path), drawing.__file__], writes=str(out))
    made = Preview()
    fault = ""
    for line in _lines(said):
        if "file" in line:
            # The name is ours: nothing that the program says leads elsewhere.
            file = out / f"{line['what']}-{int(line['page'])}.webp"
            if file.is_file() and not file.is_symlink():
                made.parts.append(Drawn(line["what"], line["page"], file, line["width"], line["height"]))
        fault = line.get("fault", fault)
        made.pages = line.get("pages", made.pages)
        if "pages" in line:
            made.width, made.height = line.get("width", 0), line.get("height", 0)
    if not made.parts:
        raise Impossible(fault if fault in REASONS else "much" if said.spent else "damaged")
    return made


# ---- office documents -----------------------------------------------------------------------------------------------

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value>
</prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def _document(path: Path, out: Path) -> Preview:
    """An office document as the pages of the PDF that the converter makes of it: with a profile that lives as long as this, without
    macros, without links to elsewhere.
    """
    command = _office()
    if command is None:
        raise Impossible("converter")
    look = [sys.executable, "-I", drawing.__file__, "packed", str(path), str(out), "0"]
    seen = _lines(run(look, DRAWS, reads=[str(path), drawing.__file__], writes=str(out)))
    if not seen or "fault" in seen[-1]:
        raise Impossible(seen[-1]["fault"] if seen else "much")
    user = out / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_PROFILE)
    words = [
        os.path.realpath(command), f"-env:UserInstallation=file://{out}/profile", "--headless", "--norestore", "--nologo",
        "--nolockcheck", "--nodefault", "--convert-to", "pdf", "--outdir", str(out), str(path),
    ]  # fmt: skip
    made = out / "source.pdf"
    for _ in range(
        2
    ):  # it begins anew once it has laid out its profile, and may not take away where it met itself before
        said = run(words, WRITES, reads=[str(path), command], writes=str(out), meets="/tmp")  # noqa: S108
        _clear_sockets()
        if said.code == 0 or said.spent or made.is_file():
            break
    if not made.is_file() or made.is_symlink():
        raise Impossible("much" if said.spent else "damaged")
    return _draw("pdf", made, out)


def _clear_sockets() -> None:
    """Take away the meeting places that LibreOffice left: it may lay them, and not remove them. Those that are in use stay."""
    try:
        used = Path("/proc/net/unix").read_text()
    except OSError:
        return
    for left in Path("/tmp").glob(f"OSL_PIPE_{os.getuid()}_SingleOfficeIPC_*"):  # noqa: S108 where it lays them, always
        if str(left) not in used:
            left.unlink(missing_ok=True)


# ---- videos and sounds ----------------------------------------------------------------------------------------------


def _quiet(program: str) -> list[str]:
    return [shutil.which(program) or program, "-v", "error", "-protocol_whitelist", "file"]


def _probe(path: Path, out: Path, form: str) -> dict[str, Any]:
    shown = ["-show_entries", "format=duration:stream=codec_type,width,height:stream_disposition=attached_pic"]
    command = [*_quiet("ffprobe"), "-f", form, *shown, "-of", "json", str(path)]
    said = run(command, PLAYS, reads=[str(path)], writes=str(out))
    try:
        found: dict[str, Any] = json.loads(said.out)
        if said.code == 0 and found["streams"]:
            return found
    except (ValueError, KeyError):
        pass
    raise Impossible("much" if said.spent else "damaged")


def _seconds(found: dict[str, Any]) -> float | None:
    try:
        told = float(found["format"]["duration"])
    except (KeyError, ValueError):
        return None  # of what was recorded as it was sent nobody knows the end
    return told if 0 <= told < 10**7 else None


def _play(path: Path, out: Path, form: str, before: list[str], after: list[str], name: str) -> Said:
    words = [*_quiet("ffmpeg"), "-nostdin", "-threads", "1", "-f", form, *before, "-i", str(path), *after]
    return run(
        [*words, "-threads", "1", "-f", "image2", "-update", "1", "-y", str(out / name)],
        PLAYS, reads=[str(path)], writes=str(out),
    )  # fmt: skip


def _video(path: Path, out: Path, form: str) -> Preview:
    found = _probe(path, out, form)
    films = [one for one in found["streams"] if one.get("codec_type") == "video"]
    if not films:
        return _sound(path, out, form)  # a recording in the box of a film
    seconds = _seconds(found)
    scale = f"scale='min({drawing.SHEET},iw)':-2"
    said = Said(0, b"")
    for at in (min((seconds or 0) / 10, 5.0), 0.0):
        said = _play(path, out, form, ["-ss", f"{at:.2f}"], ["-an", "-frames:v", "1", "-vf", scale], "still.png")
        if (out / "still.png").is_file():
            break
    made = _drawn_as(out / "still.png", out, "poster", said)
    made.seconds = seconds
    made.width, made.height = int(films[0].get("width", 0)), int(films[0].get("height", 0))
    return made


def _sound(path: Path, out: Path, form: str) -> Preview:
    found = _probe(path, out, form)
    wave = "aformat=channel_layouts=mono,showwavespic=s=1200x180:colors=0x5b7c99"
    said = _play(path, out, form, ["-t", "7200"], ["-filter_complex", wave, "-frames:v", "1"], "still.png")
    made = _drawn_as(out / "still.png", out, "wave", said)
    made.seconds = _seconds(found)
    return made


def _drawn_as(still: Path, out: Path, what: str, said: Said) -> Preview:
    """A picture that another program drew, drawn anew as ours."""
    if not still.is_file() or still.is_symlink():
        raise Impossible("much" if said.spent else "damaged")
    made = _draw("picture", still, out)
    made.pages = 0
    made.parts = [Drawn(what, 0, one.path, one.width, one.height) if one.what == "sheet" else one for one in made.parts]
    if what == "wave":
        made.parts = [one for one in made.parts if one.what != "thumb"]
    return made
