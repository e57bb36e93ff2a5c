"""What a file is, by its first bytes, and how it may be given back: nothing that could act ever opens in our pages.

The sender's `Content-Type` is not asked. A name whose ending promises something else than the bytes hold makes the file
unknown, and what is unknown is only ever downloaded (ASVS 5.2.2 and 3.2.1).
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from community.files.names import extension

HEAD = 4096
"""Bytes from the start of a file that `media_type` wants to see."""
UNKNOWN = "application/octet-stream"

OFFICE_XML = "application/vnd.openxmlformats-officedocument."
"""How the types of Office Open XML begin."""
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
"""How the types of OpenDocument begin."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Type, its endings, where its mark stands and the mark. The first that fits counts.
_MARKS: tuple[tuple[str, tuple[str, ...], int, bytes], ...] = (
    ("image/png", (".png",), 0, b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), 0, b"\xff\xd8\xff"),
    ("image/gif", (".gif",), 0, b"GIF87a"),
    ("image/gif", (".gif",), 0, b"GIF89a"),
    ("image/webp", (".webp",), 8, b"WEBP"),
    ("image/avif", (".avif",), 4, b"ftypavif"),
    ("image/avif", (".avif",), 4, b"ftypavis"),
    ("image/heic", (".heic", ".heif"), 4, b"ftyphei"),
    ("image/heic", (".heic", ".heif"), 4, b"ftypmif1"),
    ("image/heic", (".heic", ".heif"), 4, b"ftypmsf1"),
    ("image/heic", (".heic", ".heif"), 4, b"ftyphevc"),
    ("image/tiff", (".tif", ".tiff"), 0, b"II*\x00"),
    ("image/tiff", (".tif", ".tiff"), 0, b"MM\x00*"),
    ("image/tiff", (".tif", ".tiff"), 0, b"II+\x00"),  # of more than 4 GB
    ("image/tiff", (".tif", ".tiff"), 0, b"MM\x00+"),
    ("image/bmp", (".bmp",), 0, b"BM"),
    ("application/pdf", (".pdf",), 0, b"%PDF-"),
    ("video/webm", (".webm",), 0, b"\x1aE\xdf\xa3"),
    ("audio/mp4", (".m4a", ".m4b"), 4, b"ftypM4A"),
    ("video/quicktime", (".mov",), 4, b"ftypqt"),
    ("video/quicktime", (".mov",), 4, b"moov"),
    ("video/quicktime", (".mov",), 4, b"wide"),
    ("audio/mp4", (".m4a", ".m4b"), 4, b"ftyp"),
    ("video/quicktime", (".mov",), 4, b"ftyp"),
    ("video/mp4", (".mp4", ".m4v"), 4, b"ftyp"),
    ("audio/mpeg", (".mp3",), 0, b"ID3"),
    ("audio/mpeg", (".mp3",), 0, b"\xff\xfb"),
    ("audio/mpeg", (".mp3",), 0, b"\xff\xf3"),
    ("audio/mpeg", (".mp3",), 0, b"\xff\xf2"),
    ("audio/ogg", (".ogg", ".oga", ".opus"), 0, b"OggS"),
    ("audio/flac", (".flac",), 0, b"fLaC"),
    ("audio/wav", (".wav",), 8, b"WAVE"),
    ("application/gzip", (".gz", ".tgz"), 0, b"\x1f\x8b"),
    ("application/x-7z-compressed", (".7z",), 0, b"7z\xbc\xaf\x27\x1c"),
    ("application/rtf", (".rtf",), 0, b"{\\rtf"),
    # Locked with a password they are of the old kind of container ([MS-OFFCRYPTO] 2.3).
    (OFFICE_XML + "wordprocessingml.document", (".docx",), 0, _OLE),
    (OFFICE_XML + "spreadsheetml.sheet", (".xlsx",), 0, _OLE),
    (OFFICE_XML + "presentationml.presentation", (".pptx",), 0, _OLE),
    ("application/msword", (".doc",), 0, _OLE),
    ("application/vnd.ms-excel", (".xls",), 0, _OLE),
    ("application/vnd.ms-powerpoint", (".ppt",), 0, _OLE),
    ("application/vnd.ms-outlook", (".msg",), 0, _OLE),
    (OFFICE_XML + "wordprocessingml.document", (".docx",), 0, b"PK\x03\x04"),
    (OFFICE_XML + "spreadsheetml.sheet", (".xlsx",), 0, b"PK\x03\x04"),
    (OFFICE_XML + "presentationml.presentation", (".pptx",), 0, b"PK\x03\x04"),
    (OPEN_DOCUMENT + "text", (".odt",), 0, b"PK\x03\x04"),
    (OPEN_DOCUMENT + "spreadsheet", (".ods",), 0, b"PK\x03\x04"),
    (OPEN_DOCUMENT + "presentation", (".odp",), 0, b"PK\x03\x04"),
    ("application/epub+zip", (".epub",), 0, b"PK\x03\x04"),
    ("application/zip", (".zip",), 0, b"PK"),
)
_TEXTS = {
    ".txt": "text/plain",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".toml": "application/toml",
    ".ics": "text/calendar",
    ".vcf": "text/vcard",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
}
ACTIVE = frozenset(
    {"text/html", "application/xhtml+xml", "image/svg+xml", "application/xml", "text/javascript", "text/css"}
)
"""What a browser would run or obey. Given back as unknown bytes."""
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What may be shown within a page."""

_ENDINGS = {ending: kind for kind, endings, _, _ in reversed(_MARKS) for ending in endings} | _TEXTS
KNOWN = frozenset({kind for kind, _endings, _at, _mark in _MARKS} | set(_TEXTS.values()) | {UNKNOWN})
"""All that `media_type` answers."""
ENDINGS_OF = {kind: endings for kind, endings, _at, _mark in reversed(_MARKS)}
"""The endings of each type that its first bytes tell, the usual one first."""
_MARKUP = re.compile(
    rb"(?>\s*(?:<!--(?:(?!-->).)*+-->\s*)*+)<(?:!doctype|html|head|body|script|style|iframe|svg|math|img|meta|link|object|embed|"
    rb"form|\?xml|xsl:|[a-z]+\s[^>]*\bon[a-z]+\s*=)",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPTS = re.compile(rb"<\s*(?:script|svg|iframe|object|embed|!doctype\s+html|html)\b", re.IGNORECASE)


def media_type(head: bytes, name: str) -> str:
    """The type of a file that begins with `head` (up to `HEAD` bytes) and has this name; `UNKNOWN` when they disagree.

    A zip or an old office file is what its ending says, for only unpacking it would tell. Text is what its ending says,
    unless it begins like markup and its ending hides that.
    """
    ending = extension(name)
    kinds = [
        (kind, endings)
        for kind, endings, at, mark in _MARKS
        if head[at : at + len(mark)] == mark and (kind not in ("image/webp", "audio/wav") or head[:4] == b"RIFF")
    ]
    if kinds:
        agreed = next((kind for kind, endings in kinds if ending in endings), None)
        return agreed or (UNKNOWN if ending in _ENDINGS else kinds[-1][0])
    if not _is_text(head):
        return UNKNOWN
    claimed = _TEXTS.get(ending)
    if claimed in ACTIVE or claimed == "text/markdown":
        return claimed
    if claimed is None and ending in _ENDINGS:
        return UNKNOWN
    if _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf")) or _SCRIPTS.search(head):
        return UNKNOWN
    return claimed or "text/plain"


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters; a character cut off at the end of a full head is forgiven."""
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and len(head) - error.start < 4 and len(head) >= HEAD
    return True


def served_as(media_type: str, name: str) -> tuple[str, str]:
    """`Content-Type` and `Content-Disposition` for giving a file back.

    The four picture types may open in the page when the name agrees; everything else is a download, and whatever a
    browser would run goes out as unknown bytes. Send `X-Content-Type-Options: nosniff` and a sandbox policy with it.
    """
    agreed = _ENDINGS.get(extension(name)) == media_type or media_type not in _ENDINGS.values()
    known = re.fullmatch(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,98}", media_type) is not None
    if not known or not agreed or media_type in ACTIVE or media_type.endswith(("+xml", "/xml", "script")):
        return UNKNOWN, disposition("attachment", name)
    kind = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    return kind, disposition("inline" if media_type in INLINE else "attachment", name)


def disposition(how: str, name: str) -> str:
    """`Content-Disposition` for a name of any script: an ASCII likeness, and the name itself (RFC 6266, RFC 8187).

    `how` is "attachment" or "inline". Quotes, backslashes, percent signs, controls and line ends never reach the header.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = re.sub(r"[^\w .,()\[\]{}=@#&!^~'+-]", "_", plain, flags=re.ASCII).strip(" .") or "file"
    exact = quote(name.encode("utf-8", "replace"), safe="!#$&+-.^_`|~")
    return f'{how}; filename="{plain}"' + ("" if plain == name else f"; filename*=UTF-8''{exact}")


def kind_of(head: bytes) -> str:
    """The type that the first bytes tell, whatever the name says; "" when they tell none."""
    found = [kind for kind, _endings, at, mark in _MARKS if head[at : at + len(mark)] == mark]
    found = [kind for kind in found if kind not in ("image/webp", "audio/wav") or head[:4] == b"RIFF"]
    return found[0] if found and found[0] != "audio/mp4" else found[-1] if found else ""
