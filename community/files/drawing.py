"""Draws pictures and the pages of PDFs: a program that is run by `confined.py`, and knows nothing of the house.

`python -I drawing.py WHAT FILE FOLDER PAGES` draws at most so many pages into the folder, and prints a line of JSON for each
picture as soon as it is whole, so that what was drawn before a limit struck is not lost; WHAT is `picture`, `pdf` or `packed` (only
looks what an office file unpacks to). A picture is upright, no larger than a screen, and made anew: no note of place or time comes
along, nor a second file hidden behind it.
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

THUMB, SHEET = 320, 1600
"""Pixels of the longer side: of a picture in a list, and of one on a page."""
MOST_PIXELS, MOST_PIXELS_JPEG = 60_000_000, 200_000_000
"""A JPEG is read at a fraction of its size."""
MOST_UNPACKED, MOST_ENTRIES, MOST_RATIO = 600_000_000, 20_000, 300
"""Bytes, files, and bytes for each packed byte, of an office file."""
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", "HEIF")


class Refused(Exception):
    """The file cannot be drawn: `locked`, `pixels`, `packed` or `damaged`."""


def _tell(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _keep(image: Any, folder: Path, what: str, page: int, side: int) -> None:
    """Write an image as WebP, at most `side` wide and high, and tell of it."""
    from PIL import Image

    mode = "RGBA" if image.has_transparency_data else "RGB"
    made = image.convert(mode)
    made.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    plain = Image.new(mode, made.size)  # a new image: it has no metadata that could be saved
    plain.paste(made)
    name = f"{what}-{page}.webp"
    plain.save(folder / name, "WEBP", quality=80, method=2)
    _tell(what=what, page=page, file=name, width=plain.width, height=plain.height)


def draw_picture(path: str, folder: Path, _most: int) -> None:
    """The thumb and the sheet of a picture, of a moving one its first."""
    import pillow_heif
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # ours are below
    pillow_heif.register_heif_opener(thumbnails=False)
    with Image.open(path, formats=_FORMATS) as opened:
        image: Image.Image = opened
        width, height = image.size
        most = MOST_PIXELS_JPEG if image.format == "JPEG" else MOST_PIXELS
        if width * height > most or not width * height:
            raise Refused("pixels")
        _tell(pages=1, width=width, height=height, moves=bool(getattr(image, "is_animated", False)))
        image.draft("RGB", (SHEET, SHEET))
        image.load()
        if image.mode.startswith(("I;16", "I", "F")):
            image = image.point(lambda value: value / 256).convert("L")
        smaller = image.copy()
        smaller.info["exif"] = image.info.get("exif", b"")
        ratio = min(smaller.size) // (2 * SHEET)
        if ratio > 1:
            smaller = smaller.reduce(ratio)
        smaller.getexif().update(image.getexif())
        upright = ImageOps.exif_transpose(smaller)
        _keep(upright, folder, "sheet", 0, SHEET)
        _keep(upright, folder, "thumb", 0, THUMB)


def draw_pdf(path: str, folder: Path, most: int) -> None:
    """The pages of a PDF, the first of them as thumb too."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as fault:
        raise Refused("locked" if "assword" in str(fault) else "damaged") from fault
    count = len(pdf)
    _tell(pages=count)
    for number in range(min(count, most)):
        try:
            page = pdf[number]
            width, height = page.get_size()
            scale = SHEET / max(width, height, 1.0)
            image = page.render(scale=scale).to_pil()
            page.close()
        except (pypdfium2.PdfiumError, ValueError, MemoryError):
            continue  # this page alone is damaged
        if number == 0:
            _keep(image, folder, "thumb", 0, THUMB)
        _keep(image, folder, "sheet", number + 1, SHEET)


def look_packed(path: str, _folder: Path, _most: int) -> None:
    """Nothing is unpacked: what the list of contents says is believed here, and the limits of the process hold afterwards."""
    with zipfile.ZipFile(path) as packed:
        entries = packed.infolist()
        whole = sum(entry.file_size for entry in entries)
        tight = any(entry.file_size > MOST_RATIO * max(entry.compress_size, 100_000) for entry in entries)
        if whole > MOST_UNPACKED or len(entries) > MOST_ENTRIES or tight:
            raise Refused("packed")
        if any(entry.flag_bits & 1 for entry in entries):
            raise Refused("locked")
    _tell(whole=whole)


def main(what: str, path: str, folder: str, most: str) -> None:
    """Draw. Whatever goes wrong in here is told in a word, not thrown."""
    ways: dict[str, Callable[[str, Path, int], None]] = {
        "picture": draw_picture,
        "pdf": draw_pdf,
        "packed": look_packed,
    }
    try:
        ways[what](path, Path(folder), int(most))
    except Refused as fault:
        _tell(fault=str(fault))
    except MemoryError:
        _tell(fault="much")
    except Exception:  # decoders meet hostile bytes with a dozen kinds of errors
        _tell(fault="damaged")


if __name__ == "__main__":
    main(*sys.argv[1:])
