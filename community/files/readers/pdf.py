"""PDF (ISO 32000-1), read by PDFium (through pypdfium2)."""

from __future__ import annotations

import re

from community.files.readers.telling import Fault, Told

MOST_PAGES = 300
_BROKEN = re.compile("[\x02\u00ad\ufffe]\r?\n")  # a hyphen at the end of a line, as PDFium tells it
_GAP = re.compile(r"\n[ \t]*\n+")


def read_pdf(path: str, told: Told) -> None:
    """The words of each page, a paragraph where a line was left empty. Raises Fault."""
    import pypdfium2
    from pypdfium2 import raw

    told.kind = "page"
    try:
        pdf = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as fault:
        locked = getattr(fault, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise Fault("locked" if locked else "damaged") from None
    told.count = len(pdf)
    for number in range(min(len(pdf), MOST_PAGES)):
        words = pdf[number].get_textpage().get_text_bounded()
        told.begin()
        for paragraph in _GAP.split(_BROKEN.sub("", words).replace("\r\n", "\n").replace("\r", "\n")):
            told.say("p", paragraph)
    told.cut = len(pdf) > MOST_PAGES
