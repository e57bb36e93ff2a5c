"""Leaves out of pictures and films what the camera noted of where, when and by whom they were taken: EXIF, XMP, IPTC, comments.

What is left out is blanked where it stands, so that a file keeps its length and all in it its place: no picture is drawn anew, its
pixels and its colour profile stay as they are, programs that compare sizes (drives, mirrors) are not led astray, and a file of any
length passes through a few pieces at a time. Which way up a picture is shown stays. Cleaning twice changes nothing.

* `pieces`   a stream that can be asked for so many bytes
* `exif`     what is left of the notes of a camera
* `jpeg`, `png`, `riff` (WebP), `gif`, `boxes` (MP4, MOV, HEIC, AVIF), `tiff`

What is damaged is passed on as it came; a picture of more than `MOST_PIXELS` is refused by its header. What stays: places in tracks
of their own in films (of action cameras), what makers note for their own programs in TIFF (raw pictures need it), TIFF of
more than 4 GB, and anything in formats that are not named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from community.files.cleaning import boxes, gif, jpeg, png, riff, tiff
from community.files.cleaning.pieces import Pieces, Seen
from community.files.storage import Source

_Cleaner = Callable[[Pieces, Seen], Iterator[bytes]]
CLEANERS: dict[str, _Cleaner] = {
    "image/jpeg": jpeg.cleaned,
    "image/png": png.cleaned,
    "image/webp": riff.cleaned,
    "image/gif": gif.cleaned,
    "image/tiff": tiff.cleaned,
    "image/heic": boxes.cleaned,
    "image/avif": boxes.cleaned,
    "video/mp4": boxes.cleaned,
    "video/quicktime": boxes.cleaned,
    "audio/mp4": boxes.cleaned,
}
"""By what the bytes are, whatever their name says."""


class Cleaned:
    """A stream without what is left out. `changed`: something was, so far. Reading raises Invalid("file") for too many pixels."""

    def __init__(self, stream: Source, media_type: str) -> None:
        self._seen = Seen()
        self._pieces = CLEANERS[media_type](Pieces(stream), self._seen)
        self._held = b""

    @property
    def changed(self) -> bool:
        return self._seen.changed

    def read(self, size: int, /) -> bytes:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = piece
        piece, self._held = self._held[:size], self._held[size:]
        return piece
