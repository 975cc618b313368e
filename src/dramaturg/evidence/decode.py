"""Bytes to text; its one rule: what is certain is taken, what is likely is told, what is neither is refused."""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass

FALLBACK = "cp1252"
_MARKS: Sequence[tuple[bytes, str]] = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_KINDS: Sequence[tuple[bytes, str]] = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\xd0\xcf\x11\xe0", "an office document of the old kind"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_UNUSUAL = 0.1  # share of bytes beyond ASCII above which Western European text is no likely reading
_REMEDY = "convert it to UTF-8 text first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text and the encoding it was read in; `guessed` where nothing in the bytes says so."""

    text: str
    encoding: str
    guessed: bool = False


class NotText(ValueError):
    """Bytes that are no text: `reason` says what they are, `remedy` what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy


def decode(raw: bytes) -> Decoded:
    """Read bytes as UTF-8, as what their byte order mark says, or as Windows-1252 where that is a likely reading.

    Raises:
        NotText: They are none of these.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _marked(raw, encoding)
    kind = kind_of(raw)
    if kind:
        raise NotText(f"is not text but {kind}", _REMEDY)
    control = _CONTROL.search(raw)
    if control:
        what = "NUL" if control[0] == b"\0" else "a control character"
        raise NotText(f"is not text (byte {control.start()} is {what})", _REMEDY)
    try:
        return Decoded(text=raw.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError as error:
        return _guessed(raw, error)


def kind_of(raw: bytes) -> str:
    """Return what bytes are by how they begin; empty for what may be text."""
    return next((kind for begin, kind in _KINDS if raw.startswith(begin)), "")


def _marked(raw: bytes, encoding: str) -> Decoded:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotText(f"begins as {encoding.upper()} but byte {error.start} does not fit", _REMEDY) from error
    if "\0" in text:
        raise NotText(f"is not text (character {text.index(chr(0))} is NUL)", _REMEDY)
    return Decoded(text=text.removeprefix("\ufeff"), encoding=encoding)


def _guessed(raw: bytes, error: UnicodeDecodeError) -> Decoded:
    beyond = sum(byte > 0x7F for byte in raw)  # noqa: PLR2004 - the last byte of ASCII
    remedy = f"{_REMEDY}, e.g. `iconv -f ENCODING -t UTF-8`"
    if beyond > len(raw) * _UNUSUAL:
        raise NotText(f"is not UTF-8 text (byte {error.start})", remedy) from error
    try:
        return Decoded(text=raw.decode(FALLBACK), encoding=FALLBACK, guessed=True)
    except UnicodeDecodeError:
        raise NotText(f"is not UTF-8 text (byte {error.start})", remedy) from error
