"""`dramaturg verify` as a command: what it prints, in which form, and what it exits with."""

from pathlib import Path

import pytest
from tests.commands import Told, dramaturg
from tests.integration.test_verify import INPUTS
from tests.support import BLUEPRINT, COMPOSE

from dramaturg import run_persona, verify
from dramaturg.errors import CallerError


@pytest.fixture(scope="module", name="made")
def _made(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What DPA-1 makes of the example, as it is written to a file."""
    return run_persona("DPA-1", INPUTS, model="evidence", state=tmp_path_factory.mktemp("state")).document.markdown


@pytest.fixture(name="files")
def _files(made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The document in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("plan.md").write_text(made, encoding="utf-8")
    return tmp_path


def verified(*arguments: str, stdin: bytes = b"") -> Told:
    """Verify with the example's artifacts."""
    return dramaturg(
        "verify", "DPA-1", *arguments, "-a", str(BLUEPRINT), "-a", f"raw_docker_compose={COMPOSE}", stdin=stdin
    )


@pytest.mark.usefixtures("files")
def test_the_command_ends_well_where_nothing_is_wrong(made: str) -> None:
    told = verified("plan.md")
    assert told.code == 0
    assert [line[:28] for line in told.out.splitlines()] == [
        "note[V401] plan.md:97:1: sti",
        "note[V401] plan.md:98:1: sti",
    ]
    assert (
        told.err
        == "plan.md: no fault; 15 of 16 demands met, 1 declared missing, 29 citations true, 2 of 2 questions open\n"
    )
    assert verified("-", stdin=made.encode()).code == 0


def test_the_command_draws_what_is_wrong(files: Path, made: str) -> None:
    (files / "plan.md").write_text(made.replace("## ROLLBACK", "## ROLLING BACK"), encoding="utf-8")
    told = verified("plan.md")
    assert told.code == 1
    assert "error[V102]: the section `ROLLBACK PLAN` is missing; `ROLLING BACK PLAN` stands in its place\n" in told.out
    assert "| ## ROLLING BACK PLAN\n" in told.out
    assert told.err.splitlines() == [
        "plan.md: 1 error; 15 of 16 demands met, 1 declared missing, 29 citations true, 2 of 2 questions open",
        "`dramaturg explain V102` tells more",
    ]


def test_warnings_fail_under_strict_only(files: Path, made: str) -> None:
    closed = made[: made.index("## Open questions")].replace("[MISSING: nothing in the", "It is backed up; the")
    for text in (made, closed.replace("## ROLLBACK PLAN", "## Rollback plan")):
        (files / "plan.md").write_text(text, encoding="utf-8")
        assert (verified("plan.md").code, verified("plan.md", "--strict").code) == (0, 1)


def test_programs_get_the_same(files: Path, made: str) -> None:
    (files / "plan.md").write_text(made.replace("cosign and stored", "cosign and kept"), encoding="utf-8")
    finding, *notes = verified("plan.md", "--json").json
    assert {note["rule"] for note in notes} == {"V401"}
    assert (finding["rule"], finding["span"]["path"]) == ("V301", "plan.md")
    github = verified("plan.md", "--format", "github").out
    assert github.startswith("::error title=V301,file=plan.md,line=22,col=")
    difference = "it says `stored` where the quote says `kept`"
    assert difference in github.splitlines()[0]
    (run,) = verified("plan.md", "--format", "sarif").json["runs"]
    assert run["results"][0]["locations"][0]["message"]["text"] == difference
    assert run["results"][0]["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 53


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("DPA-1", "gone.md"), "the document `gone.md` cannot be read: No such file or directory"),
        (("NOBODY-1", "plan.md"), "no persona is called `NOBODY-1`"),
        (("DPA-1", "plan.md", "-a", "gone.md"), "`gone.md` cannot be read"),
        (("DPA-1", "plan.md", "-a", "plan.md", "-a", "other.md"), "`other.md` is the second artifact without an id"),
        (("DPA-1", "plan.md", "-a", "-"), "stdin is for the document"),
    ],
)
def test_a_call_that_cannot_be_served_is_told(arguments: tuple[str, ...], complaint: str) -> None:
    told = dramaturg("verify", *arguments)
    assert (told.code, told.out) == (2, "")
    assert complaint in told.err


@pytest.mark.usefixtures("files")
def test_the_name_of_a_file_is_no_document() -> None:
    with pytest.raises(CallerError, match=r"pass `Path\('plan.md'\)`"):
        verify("DPA-1", "plan.md")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\x00", "is not text but a PNG image"),
        (b"# Plan\x00", "is not text (byte 6 is NUL); convert it to UTF-8 text first"),
    ],
)
def test_a_file_that_is_no_text_is_no_document(files: Path, content: bytes, said: str) -> None:
    (files / "plan.md").write_bytes(content)
    told = verified("plan.md")
    assert told.code == 2
    assert f"the document `plan.md` {said}" in told.err
