"""What a camera notes of place, time and owner is left out of pictures and films; what they show stays, to the last pixel."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image, ImageCms, ImageSequence, PngImagePlugin, features

from community.errors import Invalid
from community.files.cleaning import CLEANERS, Cleaned
from community.files.media_types import HEAD, kind_of

SECRET = b"53.2194N Zaandijk Noor"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf exif:GPSLatitude='53.2194N Zaandijk Noor'/></x:xmpmeta>"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


class Dripping:
    """A stream that gives what it has in odd pieces."""

    def __init__(self, content: bytes, most: int = 10**9) -> None:
        self._content, self._most = io.BytesIO(content), most

    def read(self, size: int, /) -> bytes:
        return self._content.read(min(size, self._most))


def cleaned(content: bytes, most: int = 10**9) -> tuple[bytes, bool]:
    stream = Cleaned(Dripping(content, most), kind_of(content[:HEAD]))
    out = b""
    while piece := stream.read(10_000):
        out += piece
    return out, stream.changed


def drawing(mode: str = "RGB") -> Image.Image:
    noise = random.Random(3).randbytes(80 * 60 * 3)
    return Image.frombytes("RGB", (80, 60), noise).convert(mode)


def notes(orientation: int = 6) -> Image.Exif:
    made = Image.Exif()
    made[0x0112], made[0x010F], made[0x013B], made[0x0132] = (
        orientation,
        "Kodak",
        SECRET.decode(),
        "2026:05:04 10:00:00",
    )
    made.get_ifd(0x8825).update({1: "N", 2: (53.0, 13.0, 9.84), 3: "E", 4: (6.0, 34.0, 0.0), 29: "2026:05:04"})
    made.get_ifd(0x8769).update({0x9003: "2026:05:04 10:00:00", 0xA430: SECRET.decode(), 0x829A: 0.01})
    return made


def saved(kind: str, **more) -> bytes:
    into = io.BytesIO()
    picture = drawing("P" if kind == "GIF" else "RGB")
    if kind == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Comment", SECRET.decode())
        words.add_text("Zip", SECRET.decode() * 20, zip=True)
        words.add_itxt("XML:com.adobe.xmp", XMP.decode())
        more["pnginfo"] = words
    if kind in ("JPEG", "WEBP", "AVIF"):
        more["xmp"] = XMP
    if kind in ("JPEG", "GIF"):
        more["comment"] = SECRET
    if kind == "WEBP":
        more["lossless"] = True
    if kind != "GIF":
        said = notes()
        if kind == "TIFF":
            said[700] = XMP
        more |= {"icc_profile": PROFILE, "exif": said}
    picture.save(into, kind, **more)
    return into.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF"])
def test_the_notes_go_and_the_picture_stays(kind: str) -> None:
    assert features.check("webp") and features.check("avif")
    before = saved(kind)
    after, changed = cleaned(before)
    assert changed and len(after) == len(before)
    assert SECRET in before
    for word in (b"Zaandijk", b"53.2194", b"2026:05:04", b"adobe:ns:meta"):
        assert word not in after, word
    with Image.open(io.BytesIO(before)) as was, Image.open(io.BytesIO(after)) as now:
        was.load(), now.load()
        assert (now.size, now.mode, now.tobytes()) == (was.size, was.mode, was.tobytes())
        assert now.info.get("icc_profile") == was.info.get("icc_profile")
        assert dict(now.getexif().get_ifd(0x8825)) == {}
        if kind in ("JPEG", "PNG", "WEBP"):
            assert was.getexif().get_ifd(0x8825)[2] == (53.0, 13.0, 9.84)
        if kind in ("JPEG", "PNG", "WEBP"):
            assert dict(now.getexif()) == {0x0112: 6}
            assert was.info["icc_profile"] == PROFILE
    assert cleaned(after) == (after, False)
    for most in (1, 7, 4096):
        assert cleaned(before, most)[0] == after


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_what_hangs_behind_a_picture_is_left_out(kind: str) -> None:
    whole = cleaned(saved(kind))[0]
    after, changed = cleaned(whole + b"PK\x03\x04" + SECRET)
    assert (after, changed) == (whole + bytes(4 + len(SECRET)), True)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_pictures_without_notes_pass_as_they_are(kind: str) -> None:
    into = io.BytesIO()
    drawing("P" if kind == "GIF" else "RGB").save(into, kind)
    assert cleaned(into.getvalue()) == (into.getvalue(), False)


def test_a_progressive_jpeg_and_one_with_restarts_pass_whole() -> None:
    for more in ({"progressive": True, "quality": 95}, {"restart_marker_rows": 1}):
        into = io.BytesIO()
        drawing("L").resize((640, 480)).save(into, "JPEG", exif=notes(), **more)
        after, changed = cleaned(into.getvalue(), 1000)
        assert changed
        with Image.open(io.BytesIO(into.getvalue())) as was, Image.open(io.BytesIO(after)) as now:
            assert now.tobytes() == was.tobytes()


def test_the_second_picture_of_a_jpeg_is_kept_and_cleaned_too() -> None:
    first, second, third = saved("JPEG"), saved("JPEG", quality=50), saved("JPEG", quality=30)
    index = b"\xff\xe2\x00\x10MPF\0" + bytes(10)
    many = first[:2] + index + first[2:] + bytes(5) + second + b"between" + third + SECRET
    after, _ = cleaned(many)
    assert len(after) == len(many)
    assert b"Zaandijk" not in after and b"between" not in after
    assert index in after
    for one in (first, second, third):
        assert cleaned(one)[0][-200:] in after
    alone = cleaned(first + second)[0]  # without an index nobody shows it
    assert alone == cleaned(first)[0] + bytes(len(second))


def test_a_jpeg_keeps_what_its_colours_need() -> None:
    into = io.BytesIO()
    drawing("CMYK").save(into, "JPEG")
    assert b"Adobe" in into.getvalue()
    assert cleaned(into.getvalue()) == (into.getvalue(), False)


def test_a_moving_picture_moves_on() -> None:
    for kind in ("GIF", "PNG", "WEBP"):
        into = io.BytesIO()
        pictures = [drawing().rotate(90 * turn) for turn in range(3)]
        pictures[0].save(into, kind, save_all=True, append_images=pictures[1:], duration=100, loop=0)
        after, _ = cleaned(into.getvalue())
        with Image.open(io.BytesIO(after)) as now, Image.open(io.BytesIO(into.getvalue())) as was:
            assert [p.tobytes() for p in ImageSequence.Iterator(now)] == [
                p.tobytes() for p in ImageSequence.Iterator(was)
            ]
            assert now.info.get("loop") == was.info.get("loop")


def test_a_drawing_that_a_program_keeps_in_its_picture_stays() -> None:
    into, words = io.BytesIO(), PngImagePlugin.PngInfo()
    words.add_text("mxfile", "<mxfile>the drawing</mxfile>")
    drawing().save(into, "PNG", pnginfo=words)
    assert cleaned(into.getvalue()) == (into.getvalue(), False)


def test_every_sum_of_a_cleaned_png_is_right() -> None:
    after, at = cleaned(saved("PNG"))[0], 8
    while at < len(after):
        length = int.from_bytes(after[at : at + 4], "big")
        assert zlib.crc32(after[at + 4 : at + 8 + length]) == int.from_bytes(
            after[at + 8 + length : at + 12 + length], "big"
        )
        at += 12 + length


# ---- films, and pictures in boxes -----------------------------------------------------------------------------------


def box(kind: bytes, *inner: bytes) -> bytes:
    content = b"".join(inner)
    return struct.pack(">L", 8 + len(content)) + kind + content


def full(kind: bytes, version: int, *inner: bytes) -> bytes:
    return box(kind, bytes([version, 0, 0, 0]), *inner)


def film(*, place_first: bool = True) -> bytes:
    keys = full(
        b"keys",
        0,
        struct.pack(">L", 2),
        box(b"mdta", b"com.apple.quicktime.make"),
        box(b"mdta", b"com.apple.quicktime.location.ISO6709"),
    )
    values = box(
        b"ilst", box(b"\0\0\0\1", box(b"data", bytes(8), b"Apple")), box(b"\0\0\0\2", box(b"data", bytes(8), SECRET))
    )
    hdlr = full(b"hdlr", 0, bytes(20))
    about = box(
        b"moov",
        full(b"mvhd", 0, bytes(96)),
        box(b"trak", full(b"tkhd", 0, bytes(80)), box(b"udta", full(b"loci", 0, SECRET), box(b"name", b"Film"))),
        box(b"udta", box(b"\xa9xyz", SECRET), full(b"meta", 0, hdlr, box(b"ilst", box(b"\xa9xyz", SECRET))), bytes(4)),
        box(b"meta", full(b"hdlr", 0, bytes(20)), keys, values),
        box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP),
    )  # fmt: skip
    frames = struct.pack(">L4sQ", 1, b"mdat", 16 + 300_000) + random.Random(1).randbytes(300_000)
    xmp = box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), XMP)
    parts = (about, frames) if place_first else (frames, about)
    return box(b"ftyp", b"mp42", bytes(4), b"isommp42") + parts[0] + parts[1] + xmp


@pytest.mark.parametrize("place_first", [True, False])
def test_a_film_loses_its_places_and_nothing_moves(place_first: bool) -> None:
    before = film(place_first=place_first)
    after, changed = cleaned(before, 5_000)
    assert changed and len(after) == len(before)
    assert b"Zaandijk" not in after and b"53.2194" not in after
    assert b"Apple" in after and b"Film" in after
    assert after.index(b"mdat") == before.index(b"mdat")
    assert random.Random(1).randbytes(300_000) in after
    assert cleaned(after) == (after, False)


def test_a_film_of_any_length_passes_in_a_few_pieces() -> None:
    class Endless:
        left = 200_000_000

        def __init__(self) -> None:
            self.head = box(b"ftyp", b"qt  ", bytes(4)) + struct.pack(">L4s", 0, b"mdat")

        def read(self, size: int, /) -> bytes:
            piece, self.head = self.head[:size], self.head[size:]
            if not piece:
                piece = bytes(min(size, self.left))
                self.left -= len(piece)
            return piece

    tracemalloc.start()
    stream, total = Cleaned(Endless(), "video/quicktime"), 0
    while piece := stream.read(1 << 17):
        total += len(piece)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert total == 200_000_024


def heic(*, within: bool = False, before: bool = False, large: int = 80) -> bytes:
    """A picture in a box, its notes behind it, as telephones write it; the picture itself is noise."""
    exif = notes().tobytes()
    said = struct.pack(">L", 6) + exif
    picture = random.Random(4).randbytes(5_000)

    def made(start: int) -> bytes:
        places = [(1, 0, start, len(picture)), (2, int(within), 0 if within else start + len(picture), len(said))]
        places.append((3, 0, start + len(picture) + (0 if within else len(said)), len(XMP)))
        iloc = full(
            b"iloc",
            1,
            b"\x44\x00",
            struct.pack(">H", 3),
            *[struct.pack(">HHHHLL", n, how, 0, 1, at, size) for n, how, at, size in places],
        )
        iinf = full(
            b"iinf", 0, struct.pack(">H", 3), full(b"infe", 2, struct.pack(">HH", 1, 0), b"hvc1\0"),
            full(b"infe", 2, struct.pack(">HH", 2, 0), b"Exif\0"),
            full(b"infe", 3, struct.pack(">LH", 3, 0), b"mime\0application/rdf+xml\0"),
        )  # fmt: skip
        size = box(b"iprp", box(b"ipco", full(b"ispe", 0, struct.pack(">LL", large, 60))))
        return full(b"meta", 0, full(b"hdlr", 0, bytes(20)), iinf, iloc, size, box(b"idat", said if within else b""))

    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    data = box(b"mdat", picture, b"" if within else said, XMP)
    if before:
        return head + data + made(len(head) + 8)
    return head + made(len(head) + len(made(0)) + 8) + data


@pytest.mark.parametrize("within", [False, True])
def test_a_picture_of_a_telephone_loses_its_notes_without_being_drawn_anew(within: bool) -> None:
    content = heic(within=within)
    assert kind_of(content) == "image/heic" and b"Zaandijk" in content
    after, changed = cleaned(content, 100)
    assert changed and len(after) == len(content)
    assert b"Zaandijk" not in after and b"53.2194" not in after and b"2026:05:04" not in after
    assert random.Random(4).randbytes(5_000) in after
    assert struct.pack(">L", 6) + b"Exif\0\0MM" in after
    assert cleaned(after) == (after, False)


def test_notes_that_come_too_early_are_no_secret_that_is_kept_so_the_picture_is_refused() -> None:
    with pytest.raises(Invalid, match="Save it as JPEG"):
        cleaned(heic(before=True))


# ---- hostile ones ---------------------------------------------------------------------------------------------------


def _header(kind: str, side: int) -> bytes:
    sizes = {
        "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">LL", side, side) + bytes(9),
        "GIF": b"GIF89a" + struct.pack("<HH", min(side, 65_535), min(side, 65_535)) + bytes(9),
        "WEBP": b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (side - 1).to_bytes(3, "little") * 2 + bytes(20),
        "JPEG": b"\xff\xd8\xff\xc0\0\x11\x08" + struct.pack(">HH", min(side, 65_535), min(side, 65_535)) + bytes(20),
        "TIFF": struct.pack("<2sHLHHHLLHHLLL", b"II", 42, 8, 2, 256, 4, 1, side, 257, 4, 1, side, 0),
        "HEIC": heic(large=side * side // 60),
    }
    return sizes[kind]


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "JPEG", "TIFF", "HEIC"])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(kind: str) -> None:
    with pytest.raises(Invalid, match="pixels"):
        cleaned(_header(kind, 60_000))
    cleaned(_header(kind, 15_000))


@pytest.mark.parametrize("kind", sorted(CLEANERS))
def test_damage_anywhere_gives_as_many_bytes_as_came(kind: str) -> None:
    whole = {"image/heic": heic(), "video/mp4": film(), "video/quicktime": film(), "audio/mp4": film()}.get(kind)
    if whole is None:
        whole = saved(kind.removeprefix("image/").upper())
    chance = random.Random(kind)
    for _ in range(150):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            content[chance.randrange(16, min(len(content), 6_000))] = chance.choice((0, 1, 255, chance.randrange(256)))
        cut = bytes(content[: chance.randrange(16, len(content) + 1)] if chance.random() < 0.4 else content)
        try:
            stream = Cleaned(Dripping(cut), kind)
            assert sum(len(piece) for piece in iter(lambda stream=stream: stream.read(5_000), b"")) == len(cut)
        except Invalid as fault:
            assert fault.field == "file"


def test_notes_that_lead_in_a_ring_end() -> None:
    ring = struct.pack("<2sHLHHHLLL", b"II", 42, 8, 1, 0x8769, 4, 1, 8, 8)
    assert len(cleaned(ring)[0]) == len(ring)
