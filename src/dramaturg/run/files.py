"""A path to the texts behind it; its one rule: read with bounds, and refuse with the remedy.

A path is a file, a folder, or a pattern such as `src/**/*.py`. A folder's files are artifacts of their own, each with
its own lines, in the order of their paths.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import MARKDOWN, PLAIN
from dramaturg.evidence.decode import Decoded, NotText, decode
from dramaturg.persona.files import unreadable
from dramaturg.run.convert import convert

_MARKDOWN_SUFFIXES = (".md", ".markdown")
_LARGEST = 8 * 1024 * 1024  # bytes of one file; a run over it takes half a gigabyte
_LARGEST_DOCUMENT = 64 * 1024 * 1024  # of a PDF or DOCX, most of which are images
_LARGEST_ALL = 16 * 1024 * 1024  # bytes of all files of a folder
_MOST = 2000  # files of a folder
_WILD = re.compile(r"[*?\[]")
_UNSAFE = re.compile(r"[^\w./+@-]")
_LEFT_OUT_NAMED = 5
_NEVER = ("__pycache__", "node_modules")
_PDF, _ZIP = b"%PDF-", b"PK\x03\x04"
_SPLIT = "split it, or give the part that matters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What was read from one file.

    Attributes:
        text: Decoded or converted.
        source: The file's path.
        media_type: By the file's name; what a document was converted to.
        part: Its path in the folder that was given; empty for a file given by itself.
        note: How it was read, where that is not plain; empty otherwise.
    """

    text: str
    source: str
    media_type: str
    part: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The texts behind a path, and the files of a folder that are none, each with why."""

    texts: tuple[Text, ...]
    left_out: tuple[str, ...] = ()


def read_path(name: str, path: Path) -> Reading:
    """Read a file, a folder's files, or the files of a pattern.

    Args:
        name: What messages call the artifact.
        path: As the caller gave it.

    Raises:
        CallerError: There is nothing to read, it is too large, or a file given by itself is no text.
    """
    try:
        if path.is_dir():
            return _folder(name, path, _walk(path))
        if not path.exists() and _WILD.search(str(path)):
            return _pattern(name, path)
    except OSError as error:
        raise CallerError(f"the artifact `{name}`: {unreadable(path, error)}") from error
    except ValueError as error:  # a pattern that means nothing
        raise CallerError(f"the artifact `{name}`: `{path}` is no path: {error}") from error
    return Reading(texts=(read_file(name, path),))


def read_file(name: str, path: Path) -> Text:
    """Read one file: text in any of the known encodings, PDF or DOCX. CallerError if it is none of these."""
    raw = _bytes(name, path)
    kind = _document(raw)
    if kind:
        note = f"its text was taken out of the {kind.upper()}; the lines are those of that text"
        kept = MARKDOWN if kind == "docx" else PLAIN
        return Text(text=convert(name, path, kind), source=str(path), media_type=kept, note=note)
    decoded = _decoded(f"the artifact `{name}`: `{path}`", raw)
    return Text(text=decoded.text, source=str(path), media_type=media_type(path.name), note=_told_of(decoded))


def media_type(name: str) -> str:
    """Return what a file of that name holds."""
    return MARKDOWN if name.casefold().endswith(_MARKDOWN_SUFFIXES) else PLAIN


def read_stdin(stream: IO[bytes]) -> str:
    """Read a text from a stream, in any of the known encodings; CallerError if it is none."""
    raw = stream.read(_LARGEST + 1)
    refusal = too_large("stdin", len(raw))
    if refusal:
        raise refusal
    return _decoded("stdin", raw).text


def _decoded(what: str, raw: bytes) -> Decoded:
    """Decode bytes; CallerError about `what` if they are no text."""
    try:
        return decode(raw)
    except NotText as error:
        raise CallerError(f"{what} {error.reason}; {error.remedy}") from error


def _told_of(decoded: Decoded) -> str:
    """Return what there is to say of how bytes were decoded; empty for nothing."""
    return f"it is not UTF-8 and was read as {decoded.encoding}, which is a guess" if decoded.guessed else ""


def too_large(what: str, size: int, largest: int = 0) -> CallerError | None:
    """Return the refusal of something larger than an artifact may be, or than the bound given."""
    largest = largest or _LARGEST
    if size <= largest:
        return None
    return CallerError(f"{what} is larger than {largest // (1024 * 1024)} MB; {_SPLIT}")


def _bytes(name: str, path: Path) -> bytes:
    """Read a file, of one that never ends no more than may be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise CallerError(f"the artifact `{name}`: {unreadable(path, error)}") from error
    largest = _LARGEST_DOCUMENT if raw.startswith((_PDF, _ZIP)) else _LARGEST
    size = max(len(raw), os.stat(path).st_size) if len(raw) > _LARGEST else len(raw)  # noqa: PTH116 - may be a pipe
    refusal = too_large(f"the artifact `{name}`: `{path}`", size, largest)
    if refusal:
        raise refusal
    return raw


def _document(raw: bytes) -> str:
    """Return which document bytes are, whatever the file is called; empty for none that can be converted."""
    if raw.startswith(_PDF):
        return "pdf"
    return "docx" if raw.startswith(_ZIP) and b"word/" in raw else ""


def _pattern(name: str, path: Path) -> Reading:
    """Read the files of a pattern; their parts are their paths below its fixed beginning."""
    fixed = [*_before_wild(path.parts)]
    root = Path(*fixed) if fixed else Path()
    pattern = str(Path(*path.parts[len(fixed) :]))
    files = (found for found in sorted(root.glob(pattern)) if found.is_file() and not _hidden(found.relative_to(root)))
    return _folder(name, root, files, f"nothing matches `{path}`")


def _before_wild(parts: tuple[str, ...]) -> Iterator[str]:
    for part in parts:
        if _WILD.search(part):
            return
        yield part


def _walk(folder: Path) -> Iterator[Path]:
    """Yield a folder's files in order; no hidden ones, and no link that could lead out of it."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not _hidden(Path(each)))
        for file in sorted(files):
            path = Path(root) / file
            if not _hidden(Path(file)) and not path.is_symlink():
                yield path


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in _NEVER for part in path.parts)


def _folder(name: str, root: Path, files: Iterator[Path], nothing: str = "") -> Reading:
    """Read each file that is text; say of the others why they are left out."""
    texts: list[Text] = []
    left_out: list[str] = []
    taken: set[str] = set()
    size = 0
    for file in files:
        try:
            text = read_file(name, file)
        except CallerError as error:
            left_out.append(error.message.removeprefix(f"the artifact `{name}`: "))
            continue
        if not text.text.strip():
            left_out.append(f"`{file}` is empty")
            continue
        part = _part(file.relative_to(root), taken)
        texts.append(Text(text=text.text, source=text.source, media_type=text.media_type, part=part, note=text.note))
        size += len(text.text)
        _require_bounded(name, root, len(texts), size)
    if not texts:
        why = nothing or f"the folder `{root}` holds no text"
        more = f": {'; '.join(left_out[:_LEFT_OUT_NAMED])}" if left_out else ""
        raise CallerError(f"the artifact `{name}`: {why}{more}; give a file, or a folder of text files")
    return Reading(texts=tuple(sorted(texts, key=lambda text: text.part)), left_out=tuple(left_out))


def _require_bounded(name: str, root: Path, count: int, size: int) -> None:
    if count > _MOST:
        raise CallerError(f"the artifact `{name}`: `{root}` holds more than {_MOST:,} files; give a part of it")
    refusal = too_large(f"the artifact `{name}`: all of `{root}`", size, _LARGEST_ALL)
    if refusal:
        raise refusal


def _part(path: Path, taken: set[str]) -> str:
    """Return a file's path in characters that need no quoting in prompts and citations; no two are the same."""
    plain = _UNSAFE.sub("_", path.as_posix())
    part, count = plain, 1
    while part.casefold().replace("-", "_") in taken:
        count += 1
        part = f"{plain}~{count}"
    taken.add(part.casefold().replace("-", "_"))
    return part
