"""Faces: an uploaded picture made into a small square that says nothing of where and when it was taken.

Only four decoders may look at an upload, the number of pixels is known before any is decoded, and what is kept is drawn
anew, so that neither a place (EXIF, XMP) nor a second file hidden behind the picture comes along.
"""

from __future__ import annotations

import io
from typing import NoReturn

from PIL import Image, ImageOps

from community.errors import Invalid, _l
from community.files.storage import Source, TooLarge, chunks, in_words

SIDE = 256
"""Pixels: enough for the largest face on a sharp screen."""
MOST_BYTES = 12 * 1000 * 1000
MOST_PIXELS = 24_000_000
MOST_PIXELS_JPEG = 64_000_000
"""A JPEG is decoded at an eighth of its size, so a telephone's largest picture costs less memory than a small PNG."""
LEAST_SIDE, MOST_SIDE = 32, 16_000

_ORIENTATION = 0x0112  # the EXIF tag: which way up the telephone was
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def avatar_from_upload(stream: Source) -> bytes:
    """The picture that a stream brings, as `avatar_of` makes it, reading no more than `MOST_BYTES`.

    :raises Invalid: "picture", as `avatar_of` does.
    """
    try:
        return avatar_of(b"".join(chunks(stream, MOST_BYTES)))
    except TooLarge:
        _refuse_size()


def avatar_of(data: bytes) -> bytes:
    """A PNG, JPEG, GIF (its first picture) or WebP as a WebP square of `SIDE` pixels: turned upright, cut from the middle.

    Takes up to some 250 MB and a second for the largest picture it accepts.

    :raises Invalid: "picture", when it is another kind of file, damaged, too large or too small.
    """
    if len(data) > MOST_BYTES:
        _refuse_size()
    try:
        return _square(data)
    except Invalid:
        raise
    except Exception as error:  # decoders meet hostile bytes with a dozen kinds of errors
        raise Invalid(
            "picture", _l("This picture cannot be opened. Choose a JPEG, PNG, GIF or WebP picture.")
        ) from error


def _square(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "GIF", "WEBP")) as image:
        _check_pixels(image)
        turn = _TURNS.get(_orientation(image))
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        image.load()
        smaller = image.convert("RGBA" if image.has_transparency_data else "RGB")
    factor = min(smaller.size) // (2 * SIDE)
    if factor > 1:
        smaller = smaller.reduce(factor)
    if turn is not None:
        smaller = smaller.transpose(turn)
    face = ImageOps.fit(
        smaller, (SIDE, SIDE), Image.Resampling.LANCZOS, centering=(0.5, 0.4)
    )  # heads are above the middle
    plain = Image.new("RGB", (SIDE, SIDE), "white")  # a new image: it has no metadata that could be saved
    plain.paste(face, mask=face if face.mode == "RGBA" else None)
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()


def _check_pixels(image: Image.Image) -> None:
    width, height = image.size
    if min(width, height) < LEAST_SIDE:
        raise Invalid("picture", _l("Choose a picture of at least %(side)d by %(side)d pixels."), side=LEAST_SIDE)
    most = MOST_PIXELS_JPEG if image.format == "JPEG" else MOST_PIXELS
    if width * height > most or max(width, height) > MOST_SIDE:
        raise Invalid(
            "picture",
            _l("This picture has too many pixels. Choose one of less than %(millions)d million."),
            millions=most // 1_000_000,
        )


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a damaged note about the picture is no reason to refuse the picture
        return 1


def _refuse_size() -> NoReturn:
    raise Invalid("picture", _l("Choose a picture of less than %(limit)s."), limit=in_words(MOST_BYTES))
