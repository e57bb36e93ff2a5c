"""Fatma adds a picture from her telephone: upright, square, small, and silent about where she was."""

from __future__ import annotations

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from community.errors import Invalid
from community.people.avatars import MOST_BYTES, SIDE, avatar_from_upload, avatar_of

RED, GREEN, BLUE, YELLOW = (220, 30, 30), (30, 200, 60), (30, 60, 220), (230, 220, 40)


def picture(kind: str, size: tuple[int, int] = (400, 300), mode: str = "RGB", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, RED if mode == "RGB" else None).save(out, kind, **more)
    return out.getvalue()


def quarters(width: int = 300, height: int = 300) -> Image.Image:
    """Red and green above, blue and yellow below."""
    image = Image.new("RGB", (width, height), RED)
    for colour, box in ((GREEN, (1, 0)), (BLUE, (0, 1)), (YELLOW, (1, 1))):
        x, y = box[0] * width // 2, box[1] * height // 2
        image.paste(colour, (x, y, x + width // 2, y + height // 2))
    return image


def shown(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    assert image.format == "WEBP"
    assert image.size == (SIDE, SIDE)
    return image.convert("RGB")


def corners(data: bytes) -> list[tuple[int, int, int]]:
    """The nearest of the four colours in each corner: upper left, upper right, lower left, lower right."""
    image = shown(data)
    found = []
    for x, y in ((40, 40), (215, 40), (40, 215), (215, 215)):
        pixel = image.getpixel((x, y))
        assert isinstance(pixel, tuple)
        found.append(
            min((RED, GREEN, BLUE, YELLOW), key=lambda c: sum(abs(a - b) for a, b in zip(c, pixel, strict=True)))
        )
    return found


def refusal(data: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        avatar_from_upload(io.BytesIO(data))
    assert refused.value.field == "picture"
    return str(refused.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize("size", [(400, 300), (300, 400), (64, 64), (32, 2000), (256, 256)])
def test_every_usual_picture_becomes_a_small_square(kind: str, size: tuple[int, int]) -> None:
    face = avatar_from_upload(io.BytesIO(picture(kind, size)))
    assert len(face) < 20_000
    pixel = shown(face).getpixel((128, 128))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 190
    assert max(pixel[1:]) < 70


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_colours_of_every_kind_are_understood(mode: str) -> None:
    shown(avatar_of(picture("PNG", mode=mode)))


def test_what_can_be_seen_through_is_seen_on_white() -> None:
    face = shown(avatar_of(picture("PNG", mode="RGBA")))
    assert face.getpixel((128, 128)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [RED, GREEN, BLUE, YELLOW]),
        (2, [GREEN, RED, YELLOW, BLUE]),
        (3, [YELLOW, BLUE, GREEN, RED]),
        (4, [BLUE, YELLOW, RED, GREEN]),
        (5, [RED, BLUE, GREEN, YELLOW]),
        (6, [BLUE, RED, YELLOW, GREEN]),
        (7, [YELLOW, GREEN, BLUE, RED]),
        (8, [GREEN, YELLOW, RED, BLUE]),
        (99, [RED, GREEN, BLUE, YELLOW]),
    ],
)
def test_a_telephone_held_sideways_gives_an_upright_face(
    orientation: int, expected: list[tuple[int, int, int]]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    quarters().save(out, "JPEG", quality=95, exif=exif)
    assert corners(avatar_of(out.getvalue())) == expected


def test_nothing_is_left_of_where_when_and_with_what_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif[0x0132] = "2026:06:08 09:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    quarters().save(out, "JPEG", exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-PROFILE" * 20)
    hidden = out.getvalue() + b"PK\x03\x04SECRET-ARCHIVE<script>"
    assert b"SECRET-CAMERA" in hidden
    face = avatar_of(hidden)
    assert b"SECRET" not in face
    assert b"2026:06" not in face
    kept = Image.open(io.BytesIO(face))
    assert dict(kept.getexif()) == {}
    assert not {"exif", "icc_profile", "xmp", "comment"} & set(kept.info)


def test_a_moving_picture_gives_its_first_moment() -> None:
    out = io.BytesIO()
    first, second = quarters(), Image.new("RGB", (300, 300), BLUE)
    first.save(out, "GIF", save_all=True, append_images=[second] * 20, duration=1)
    assert corners(avatar_of(out.getvalue())) == [RED, GREEN, BLUE, YELLOW]


def test_a_large_photo_is_no_trouble() -> None:
    out = io.BytesIO()
    quarters(8_000, 7_000).save(out, "JPEG", quality=60)
    began = time.thread_time()
    assert corners(avatar_of(out.getvalue())) == [RED, GREEN, BLUE, YELLOW]
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "EPS", "PDF"])
def test_other_kinds_are_refused_with_the_ones_that_will_do(kind: str) -> None:
    assert "JPEG, PNG, GIF or WebP" in refusal(picture(kind))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    refusal(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_that_arrived_in_part_is_refused(kind: str) -> None:
    out = io.BytesIO()
    Image.effect_noise((200, 200), 90).convert("RGB").save(out, kind)
    data = out.getvalue()
    for part in (0.2, 0.5, 0.8):
        assert "cannot be opened" in refusal(data[: int(len(data) * part)])


def test_bytes_changed_on_the_way_raise_nothing_else() -> None:
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        data = bytearray(picture(kind, (64, 64)))
        for at in range(0, len(data), max(1, len(data) // 25)):
            bad = bytes(data[:at]) + bytes([data[at] ^ 0xFF]) + bytes(data[at + 1 :])
            try:
                shown(avatar_of(bad))
            except Invalid as error:
                assert error.field == "picture"


def png(width: int, height: int, body: bytes = b"") -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", body or zlib.compress(b"\0" * 100))
        + part(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size",
    [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (30_000, 3_000), (16_001, 40), (5_000, 4_900), (20_000, 20_000)],
)
def test_a_bomb_is_refused_before_it_is_opened(size: tuple[int, int]) -> None:
    began = time.thread_time()
    refusal(png(*size))
    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize("size", [(31, 400), (400, 1), (1, 1)])
def test_a_picture_too_small_for_a_face_is_refused(size: tuple[int, int]) -> None:
    assert "at least 32 by 32" in refusal(picture("PNG", size))


def test_a_file_that_is_too_large_is_left_unread() -> None:
    class Endless:
        given = 0

        def read(self, size: int, /) -> bytes:
            self.given += size
            return b"\xff\xd8\xff" + bytes(size - 3)

    stream = Endless()
    with pytest.raises(Invalid, match="less than 12 MB") as refused:
        avatar_from_upload(stream)
    assert refused.value.field == "picture"
    assert stream.given <= MOST_BYTES + 1
    with pytest.raises(Invalid, match="less than 12 MB"):
        avatar_of(bytes(MOST_BYTES + 1))
