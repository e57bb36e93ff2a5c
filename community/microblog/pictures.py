"""A picture for a post: drawn anew, so that neither the place where it was taken (EXIF, XMP) nor a second file hidden behind it
comes along, and no larger than a screen can show. Moving pictures (GIF) stay as they came: they carry no such notes.
"""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from community.errors import Invalid, _l
from community.people.avatars import MOST_PIXELS, MOST_PIXELS_JPEG, MOST_SIDE

SIDE = 2_000
"""Pixels of the longer side, at most."""


def picture_of(data: bytes) -> bytes | None:
    """A PNG, JPEG or WebP as WebP, upright and at most `SIDE` wide and high; None for a moving picture. Raises Invalid("files")."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "GIF", "WEBP")) as image:
            if getattr(image, "is_animated", False) and image.format == "GIF":
                return None
            width, height = image.size
            most = MOST_PIXELS_JPEG if image.format == "JPEG" else MOST_PIXELS
            if width * height <= most and max(width, height) <= MOST_SIDE:
                return _drawn(image)
    except Exception as error:  # decoders meet hostile bytes with a dozen kinds of errors
        raise Invalid("files", _l("This picture cannot be opened. Choose a JPEG, PNG, GIF or WebP picture.")) from error
    raise Invalid(
        "files",
        _l("This picture has too many pixels. Choose one of less than %(millions)d million."),
        millions=MOST_PIXELS // 1_000_000,
    )


def _drawn(image: Image.Image) -> bytes:
    image.draft("RGB", (SIDE, SIDE))
    upright = ImageOps.exif_transpose(image)
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    smaller = upright.convert(mode)
    smaller.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    plain = Image.new(mode, smaller.size)  # a new image: it has no metadata that could be saved
    plain.paste(smaller)
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=82, method=3)
    return out.getvalue()
