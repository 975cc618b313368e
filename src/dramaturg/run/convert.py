"""PDF and DOCX to text, in a process of their own; its one rule: whatever a document does to its parser stays there.

The parsers read what strangers wrote. They run with bounds on memory, processor time and output, and a parser that
breaks, loops or grows is a located refusal, not the end of the run. This module is that process as well:
`python -m dramaturg.run.convert pdf|docx FILE` prints one JSON object.
"""

import json
import resource
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dramaturg.errors import CallerError

_NEEDS = {"pdf": ("pypdf",), "docx": ("mammoth", "markdownify")}
_MEMORY = 1 << 30  # bytes of address space
_PROCESSOR = 60  # seconds
_PATIENCE = 120  # seconds by the clock: a busy machine is no broken document
_LONGEST = 8 * 1024 * 1024  # characters
_PAGE = "\n\f\n"


def convert(name: str, path: Path, kind: str) -> str:
    """Return the text of a document.

    Args:
        name: What messages call the artifact.
        path: The file.
        kind: `pdf` or `docx`.

    Raises:
        CallerError: The extra is not installed, the document is broken, protected or too large, or it holds no text.
    """
    if not all(find_spec(module) for module in _NEEDS[kind]):
        remedy = "install it with `pip install 'dramaturg[documents]'`, or convert the file to text first"
        raise CallerError(f"the artifact `{name}`: `{path}` is a {kind.upper()}, which needs an extra; {remedy}")
    command = [sys.executable, "-m", "dramaturg.run.convert", kind, str(path.absolute())]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        raise _refused(name, path, kind, f"takes longer than {_PATIENCE} s to read") from None
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise _refused(name, path, kind, "is more than its reader can bear (memory or time)") from None
    if "error" in told:
        raise _refused(name, path, kind, told["error"])
    text = _unicode(told["text"])
    if not text.strip():
        raise CallerError(
            f"the artifact `{name}`: `{path}` holds no text{_counted(told)}; if it was scanned, make it readable "
            "first, e.g. with `ocrmypdf IN OUT`"
        )
    return text


def _unicode(text: str) -> str:
    """Return a text as Unicode: halves of characters, of which a PDF may be made, are joined, or else replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def _counted(told: dict[str, Any]) -> str:
    pages = told.get("pages")
    return f" ({pages} page{'s' if pages != 1 else ''} of images or nothing)" if pages else ""


def _refused(name: str, path: Path, kind: str, why: str) -> CallerError:
    remedy = "convert it to text or Markdown first"
    return CallerError(f"the artifact `{name}`: `{path}` cannot be read as {kind.upper()}: it {why}; {remedy}")


def _pdf(path: str) -> dict[str, Any]:
    from pypdf import PdfReader  # noqa: PLC0415 - only the child needs it

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        return {"error": "is protected by a password"}
    pages: list[str] = []
    for page in reader.pages:
        pages.append(page.extract_text())
        if sum(map(len, pages)) > _LONGEST:
            return {"error": f"holds more than {_LONGEST:,} characters"}
    return {"text": _PAGE.join(pages), "pages": len(pages)}


def _docx(path: str) -> dict[str, Any]:
    from zipfile import ZipFile  # noqa: PLC0415 - only the child needs it

    import mammoth  # noqa: PLC0415 - as above
    from markdownify import ATX, markdownify  # noqa: PLC0415 - as above

    with ZipFile(path) as parts:
        if sum(part.file_size for part in parts.infolist() if part.filename.endswith(".xml")) > _LONGEST:
            return {"error": f"unpacks to more than {_LONGEST:,} characters"}
    with Path(path).open("rb") as file:
        html = mammoth.convert_to_html(file, convert_image=mammoth.images.img_element(lambda _: {"src": ""})).value
    return {"text": markdownify(html, heading_style=ATX, strip=["img"], table_infer_header=True)}


def _main(kind: str, path: str) -> None:
    if sys.platform == "linux":  # elsewhere the kernel refuses to bound it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR, _PROCESSOR))
    try:
        told = _pdf(path) if kind == "pdf" else _docx(path)
    except MemoryError:
        told = {"error": "needs too much memory"}
    except Exception as error:  # noqa: BLE001 - what a parser raises over hostile bytes varies, and it ends with this process
        told = {"error": f"is broken ({str(error) or type(error).__name__})"}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    _main(*sys.argv[1:])
