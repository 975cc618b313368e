"""Personas that are gone since a git revision: told where they were asked for, and not where they only moved."""

from pathlib import Path

import pytest
from tests.commands import dramaturg
from tests.integration.test_against_pieces import FULL, PLACE, losses
from tests.versions import Checkout, edited, new_checkout


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    checkout.commit(review=FULL)
    return checkout


def test_an_alias_that_another_file_has_taken_is_not_gone(checkout: Checkout) -> None:
    checkout.write(PLACE, edited(("alias: full-1", "alias: full-2"), text=FULL))
    checkout.write("personas/other.persona.md", FULL)
    assert losses() == ()


def test_an_alias_that_only_the_name_of_the_file_answers_to_is_told_so(checkout: Checkout) -> None:
    checkout.commit(**{"full-1": FULL.replace("alias: full-1", "alias: domains/full-1")}, review="")
    checkout.write("personas/full-1.persona.md", FULL.replace("alias: full-1", "alias: full-2"))
    (told,) = losses(("personas/full-1.persona.md",))
    assert told.message.endswith(
        "whoever inherits from or names `domains/full-1` finds `personas/full-1.persona.md`,"
        " and that by the name of the file only"
    )
    assert told.help == "let them name `full-2`, or call it `domains/full-1` again"


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        (("personas/review.persona.md",), []),
        (("FULL-1",), []),
        (("personas/sub",), ["P506"]),
        (("personas",), ["P506", "P506"]),
        ((".", "FULL-1"), ["P506", "P506"]),
        ((), ["P506", "P506"]),
    ],
)
def test_removed_personas_are_told_of_folders_and_of_everything_but_not_of_single_files(
    checkout: Checkout, asked: tuple[str, ...], rules: list[str]
) -> None:
    base = "---\nalias: {}\ntitle: House\n---\n<philosophy>Read first.</philosophy>\n"
    for name in ("gone-1", "sub/gone-2", "sub/kept-1"):
        checkout.write(f"personas/{name}.persona.md", base.format(name))
    checkout.commit()
    for name in ("gone-1", "sub/gone-2"):
        (checkout.folder / f"personas/{name}.persona.md").unlink()
    told = dramaturg("check", *asked, "--against", "HEAD", "--json")
    assert [each["rule"] for each in told.json if each["rule"].startswith("P5")] == rules
