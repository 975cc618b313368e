"""Paths to texts: encodings, folders, patterns, documents; what is none is refused with the remedy."""

import io
import os
import threading
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from tests.documents import write_docx, write_pdf

from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import MARKDOWN, PLAIN
from dramaturg.run import convert as converting
from dramaturg.run import files
from dramaturg.run.files import read_file, read_path, read_stdin

TEXT = "Größe: 12 – the gateway’s port is 8080, its owner is the team of platform operations\n"
needs_documents = pytest.mark.skipif(find_spec("pypdf") is None, reason="the extra `documents` is not installed")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_a_text_is_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes(TEXT.encode(encoding))
    read = read_file("notes", path)
    assert read.text == TEXT
    assert bool(read.note) == (encoding == "cp1252")


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_both_orders_of_bytes_are_read(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(mark + TEXT.encode("utf-16-le" if mark[0] == 0xFF else "utf-16-be"))
    assert read_file("notes", path).text == TEXT


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x7fELF\x02\x01\x01\0", "is not text but a program; convert it to UTF-8 text first"),
        (b"PK\x03\x04 some archive", "is not text but a ZIP archive or an office document"),
        (b"plain words\x00\x01", r"is not text \(byte 11 is NUL\)"),
        (b"plain words\x01", r"is not text \(byte 11 is a control character\)"),
        ("Сервер работает".encode("cp1251"), r"is not UTF-8 text \(byte 0\); convert .* `iconv -f ENCODING -t UTF-8`"),
        (b"x" * 100 + b"\x81", "is not UTF-8 text"),
        (b"\xff\xfea\0b", "begins as UTF-16 but byte 4 does not fit"),
        ("\ufeffa\0b".encode("utf-16-le"), r"is not text \(character 1 is NUL\)"),
    ],
)
def test_a_binary_is_refused_whatever_it_is_called(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "renamed.md"
    path.write_bytes(content)
    with pytest.raises(CallerError, match=f"the artifact `log`: `.*renamed.md` {reason}"):
        read_file("log", path)


def test_a_folder_is_read_file_by_file_in_order(tmp_path: Path) -> None:
    for name in ("b.md", "a.yml", "api/z.py", ".hidden.md", ".git/config", "node_modules/x.js", "api/__pycache__/y.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n", encoding="utf-8")
    (tmp_path / "link.md").symlink_to(tmp_path / "b.md")
    reading = read_path("docs", tmp_path)
    assert [(text.part, text.media_type) for text in reading.texts] == [
        ("a.yml", PLAIN), ("api/z.py", PLAIN), ("b.md", MARKDOWN)
    ]  # fmt: skip
    assert reading.left_out == ()


def test_what_a_folder_holds_besides_text_is_left_out_and_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text", encoding="utf-8")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "c.md").write_bytes(b"")
    reading = read_path("docs", tmp_path)
    assert [text.part for text in reading.texts] == ["a.md"]
    assert [told.removeprefix(f"`{tmp_path}/") for told in reading.left_out] == [
        "b.png` is not text but a PNG image; convert it to UTF-8 text first",
        "c.md` is empty",
    ]


def test_a_file_that_is_not_there_is_refused_with_the_one_that_is_near(tmp_path: Path) -> None:
    (tmp_path / "blueprint.md").write_text("text", encoding="utf-8")
    with pytest.raises(
        CallerError, match=r"cannot be read: No such file or directory; did you mean `.*/blueprint.md`\?$"
    ):
        read_path("docs", tmp_path / "bluprint.md")
    with pytest.raises(CallerError, match=r"cannot be read: No such file or directory$"):
        read_path("docs", tmp_path / "system.md")


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(CallerError, match=r"the folder `.*` holds no text: `.*b.png` is not text but .*; give a file"):
        read_path("docs", tmp_path)


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("*.md", ["a.md"]),
        ("**/*.md", ["a.md", "api/c.md"]),
        ("api/*", ["b.yml", "c.md"]),
        ("a?i/[bc].*", ["api/b.yml", "api/c.md"]),
    ],
)
def test_a_pattern_gives_the_files_it_matches(tmp_path: Path, pattern: str, parts: list[str]) -> None:
    (tmp_path / "api").mkdir()
    for name in ("a.md", "api/b.yml", "api/c.md", "api/.d.md"):
        (tmp_path / name).write_text("text", encoding="utf-8")
    assert [text.part for text in read_path("docs", tmp_path / pattern).texts] == parts


def test_a_pattern_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match=r"nothing matches `.*\*.md`; give a file, or a folder"):
        read_path("docs", tmp_path / "*.md")


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "[a].md").write_text("text", encoding="utf-8")
    assert read_path("docs", tmp_path / "[a].md").texts[0].part == ""


def test_names_that_need_quoting_are_made_plain_and_stay_apart(tmp_path: Path) -> None:
    for name in ('a"b.md', "a b.md", "a<b.md", "a-b.md", "a_b.md", "größe.md"):
        (tmp_path / name).write_text("text", encoding="utf-8")
    parts = [text.part for text in read_path("docs", tmp_path).texts]
    assert len({part.replace("-", "_") for part in parts}) == 6
    assert "größe.md" in parts
    assert all(character.isalnum() or character in "._-~" for part in parts for character in part)


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_LARGEST", 1024 * 1024)
    (tmp_path / "large.md").write_text("x" * (1024 * 1024 + 1), encoding="utf-8")
    with pytest.raises(CallerError, match=r"`.*large.md` is larger than 1 MB; split it, or give the part that matters"):
        read_file("log", tmp_path / "large.md")
    with pytest.raises(CallerError, match="stdin is larger than 1 MB"):
        read_stdin(io.BytesIO(b"x" * (1024 * 1024 + 1)))


def test_the_number_of_files_and_their_sum_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / f"{number}.md").write_text("x" * 400_000, encoding="utf-8")
    monkeypatch.setattr(files, "_LARGEST_ALL", 1024 * 1024)
    with pytest.raises(CallerError, match=r"all of `.*` is larger than 1 MB"):
        read_path("docs", tmp_path)
    monkeypatch.setattr(files, "_MOST", 2)
    with pytest.raises(CallerError, match="holds more than 2 files; give a part of it"):
        read_path("docs", tmp_path)


def test_a_pipe_that_never_ends_is_read_no_further_than_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_LARGEST", 1024 * 1024)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=_write_without_end, args=(pipe,))
    writer.start()
    with pytest.raises(CallerError, match="is larger than 1 MB"):
        read_file("log", pipe)
    writer.join(timeout=300)
    assert not writer.is_alive()


def _write_without_end(pipe: Path) -> None:
    with pipe.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(b"word " * 1000)
        except BrokenPipeError:
            return


def test_stdin_is_read_in_each_encoding() -> None:
    assert read_stdin(io.BytesIO(TEXT.encode("utf-16"))) == TEXT
    with pytest.raises(CallerError, match="stdin is not text but a PDF"):
        read_stdin(io.BytesIO(b"%PDF-1.7"))


@needs_documents
@pytest.mark.parametrize("name", ["plan.pdf", "renamed.md"])
def test_the_text_of_a_pdf_is_read_page_by_page(tmp_path: Path, name: str) -> None:
    read = read_file("plan", write_pdf(tmp_path / name, ["The gateway listens on port 8080.", "Page two."]))
    assert read.text == "The gateway listens on port 8080.\n\f\nPage two."
    assert (read.media_type, read.note) == (
        PLAIN, "its text was taken out of the PDF; the lines are those of that text"
    )  # fmt: skip


@needs_documents
def test_a_pdf_without_text_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        CallerError, match=r"holds no text \(2 pages of images or nothing\); if it was scanned, .*ocrmypdf"
    ):
        read_file("plan", write_pdf(tmp_path / "scan.pdf", ["", ""]))


@needs_documents
def test_a_docx_becomes_markdown_with_headings_and_tables(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "plan.docx", "Parts", "a < b & c", [["Service", "Port"], ["gateway", "8080"]])
    read = read_file("plan", path)
    assert read.media_type == MARKDOWN
    assert read.text.split("\n") == [
        "# Parts", "", "a < b & c", "", "| Service | Port |", "| --- | --- |", "| gateway | 8080 |"
    ]  # fmt: skip


@needs_documents
@pytest.mark.parametrize(
    ("content", "what"),
    [(b"%PDF-1.7\n\x00\x01", "PDF: it is broken"), (b"PK\x03\x04word/document.xml", "DOCX: it is broken")],
)
def test_a_broken_document_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "plan"
    path.write_bytes(content)
    with pytest.raises(CallerError, match=f"cannot be read as {what} .*; convert it to text or Markdown first"):
        read_file("plan", path)


@needs_documents
def test_whatever_a_parser_says_of_a_broken_document_it_is_called_broken(tmp_path: Path) -> None:
    path = write_docx(tmp_path / "plan.docx", "Parts", "a < b & c")
    with ZipFile(path) as whole, ZipFile(tmp_path / "torn.docx", "w") as torn:
        for name in whole.namelist():
            torn.writestr(name, whole.read(name)[:-9])
    with pytest.raises(CallerError, match=r"cannot be read as DOCX: it is broken \(unclosed token: line 1"):
        read_file("plan", tmp_path / "torn.docx")


@needs_documents
def test_halves_of_characters_in_a_pdf_are_joined_or_replaced(tmp_path: Path) -> None:
    codes = b"begincmap 4 beginbfchar <41> <D83D> <42> <DE00> <43> <D800> <44> <0000> endbfchar endcmap"
    path = write_pdf(tmp_path / "plan.pdf", ["AB ok C D"])
    made = path.read_bytes().replace(b"/BaseFont /Helvetica", b"/BaseFont /Helvetica /ToUnicode 9 0 R")
    stream = b"9 0 obj\n<< /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (len(codes), codes)
    path.write_bytes(made.replace(b"xref\n", stream + b"xref\n", 1))
    assert read_file("plan", path).text == "\U0001f600 ok \ufffd \ufffd"


@needs_documents
def test_a_protected_pdf_is_refused(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415 - of the extra

    writer = PdfWriter(clone_from=PdfReader(write_pdf(tmp_path / "open.pdf", ["words"])))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "shut.pdf")
    with pytest.raises(CallerError, match="it is protected by a password"):
        read_file("plan", tmp_path / "shut.pdf")


@needs_documents
def test_a_docx_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.docx"
    with ZipFile(path, "w", ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b" " * (17 * 1024 * 1024))
    assert path.stat().st_size < 100_000
    with pytest.raises(CallerError, match="it unpacks to more than 8,388,608 characters"):
        read_file("plan", path)


@needs_documents
def test_a_document_that_takes_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "_PATIENCE", 0.001)
    with pytest.raises(CallerError, match=r"takes longer than 0.001 s to read"):
        read_file("plan", write_pdf(tmp_path / "plan.pdf", ["words"]))


def test_without_the_extra_a_document_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(converting, "find_spec", lambda _: None)
    with pytest.raises(
        CallerError, match=r"is a PDF, which needs an extra; install it with `pip install 'dramaturg\[doc"
    ):
        read_file("plan", write_pdf(tmp_path / "plan.pdf", ["words"]))
