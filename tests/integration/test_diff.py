"""`dramaturg diff` in real repositories: versions are found where git has them, and told as plans."""

import os
import pty
from pathlib import Path

import pytest
from tests.commands import Told, dramaturg, started
from tests.integration.test_terminal import Terminal
from tests.versions import BACKUP, DPA1, RELEASE, VOICE, Checkout, edited, new_checkout, step

_PLACE = "personas/release.persona.md"
_BASE = f"---\nalias: house-1\ntitle: House\n---\n<directives>\n{VOICE}</directives>\n"
_CHILD = edited(("title: Release Planner\n", "title: Release Planner\ninherits_from: house-1\n"), (VOICE, ""))


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Give a repository in which a backup that was owed at HEAD~1 is not any more."""
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    checkout.commit(release=RELEASE)
    checkout.commit(release=edited((BACKUP, "")))
    return checkout


def _losses(told: Told) -> list[str]:
    return [change["name"] for change in told.json["changes"] if change["effect"] == "loss"]


@pytest.mark.usefixtures("checkout")
def test_a_lost_requirement_is_shown_with_its_place_in_both_versions() -> None:
    told = dramaturg("diff", f"HEAD~1:{_PLACE}", _PLACE)
    assert told.out == (
        f"--- HEAD~1:{_PLACE}\n"
        f"+++ {_PLACE}\n"
        "\n"
        "CHECKS\n"
        "  - requirement `Backup` lost\n"
        f"      HEAD~1:{_PLACE}:20 → {_PLACE}:19\n"
        "      Backup: A tested backup of every database.\n"
    )
    assert (told.code, told.err) == (0, "1 requirement lost\n")


def test_one_operand_is_compared_with_what_it_was_at_head(checkout: Checkout) -> None:
    checkout.write(_PLACE, edited((BACKUP, ""), (step(5), ""), (VOICE, ""), ("against each", "with each")))
    told = dramaturg("diff", "release-1")
    assert told.err == "1 directive lost, 1 section lost, 1 instruction reworded\n"
    assert "      Weigh the risks [-against-] {+with+} each other.\n" in told.out
    assert dramaturg("diff", _PLACE) == told


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("operands", "code"),
    [
        ((_PLACE,), 0),
        ((f"HEAD~1:{_PLACE}",), 1),
        ((f"HEAD~1:{_PLACE}", f"HEAD:{_PLACE}"), 1),
        ((f":{_PLACE}", f"HEAD~1:{_PLACE}"), 0),
        ((f"HEAD@{{1}}:{_PLACE}", "RELEASE-1"), 1),
    ],
)
def test_the_exit_code_tells_of_losses_if_it_is_asked_to(operands: tuple[str, ...], code: int) -> None:
    assert (dramaturg("diff", *operands).code, dramaturg("diff", "--exit-code", *operands).code) == (0, code)


def test_equal_plans_print_nothing(checkout: Checkout) -> None:
    checkout.write(_PLACE, edited((BACKUP, ""), ("Weigh the", "Weigh\n  the")))
    told = dramaturg("diff", _PLACE)
    assert (told.code, told.out, told.err) == (0, "", "no difference\n")


def test_what_is_staged_is_the_version_of_the_index(checkout: Checkout) -> None:
    checkout.write(_PLACE, RELEASE)
    checkout.git("add", _PLACE)
    checkout.write(_PLACE, edited((VOICE, "")))
    assert _losses(dramaturg("diff", f":{_PLACE}", _PLACE, "--json")) == ["Voice"]
    assert _losses(dramaturg("diff", f":{_PLACE}", f"HEAD:{_PLACE}", "--json")) == ["Backup"]


@pytest.mark.usefixtures("checkout")
def test_json_gives_each_change_with_its_spans() -> None:
    told = dramaturg("diff", f"HEAD~1:{_PLACE}", _PLACE, "--json").json
    assert told["before"] == {"path": f"HEAD~1:{_PLACE}", "alias": "RELEASE-1", "version": ""}
    assert told["after"]["path"] == _PLACE
    assert told["changes"] == [
        {
            "effect": "loss",
            "subject": "requirement",
            "what": "lost",
            "name": "Backup",
            "where": "CHECKS",
            "before": "Backup: A tested backup of every database.",
            "after": "",
            "span_before": {"path": f"HEAD~1:{_PLACE}", "line": 20, "column": 3, "length": len(BACKUP) - 3},
            "span_after": {"path": _PLACE, "line": 19, "column": 1, "length": len('<Step number="2" name="Checks">')},
        }
    ]


def test_two_personas_are_compared_without_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.md").write_text(DPA1.replace("ROLLBACK", "WAY BACK"), encoding="utf-8")
    told = dramaturg("diff", "DPA-1", "mine.md")
    assert told.err == "1 section renamed\n"
    assert "      [-ROLLBACK PLAN-] {+WAY BACK PLAN+}\n" in told.out


def test_texts_that_have_little_in_common_are_shown_one_after_the_other(checkout: Checkout) -> None:
    checkout.write(_PLACE, edited((BACKUP, ""), ("Every release can be undone.", " ".join(["Haste"] * 20))))
    haste = " ".join(["Haste"] * 12)
    assert f"      [-Every release can be undone.-] {{+{haste} …+}}\n" in dramaturg("diff", _PLACE).out


def test_titles_that_differ_in_white_space_only_are_both_shown(checkout: Checkout) -> None:
    checkout.write(_PLACE, edited((BACKUP, ""), ("`WAY BACK`", "`WAY  BACK`")))
    assert "      [-WAY BACK-] {+WAY BACK+}\n" in dramaturg("diff", _PLACE).out


def test_a_long_text_is_shown_where_it_differs(checkout: Checkout) -> None:
    words = [f"w{number}" for number in range(60)]
    changed = [word if number % 10 else word.upper() for number, word in enumerate(words, start=1)]
    checkout.commit(release=edited(("Every release can be undone.", " ".join(words))))
    checkout.write(_PLACE, edited(("Every release can be undone.", " ".join(changed))))
    (shown,) = [line.strip() for line in dramaturg("diff", _PLACE).out.splitlines() if "[-" in line]
    assert shown.startswith("… w6 w7 w8 [-w9-] {+W9+} w10 w11 w12 … w16 w17")
    assert shown.endswith("w40 w41 w42 …")


def test_parents_are_those_of_the_revision(checkout: Checkout) -> None:
    checkout.commit(release=_CHILD, house=_BASE)
    checkout.commit(house=_BASE.replace(VOICE, ""))
    assert _losses(dramaturg("diff", f"HEAD~1:{_PLACE}", "--json")) == ["Voice"]
    assert _losses(dramaturg("diff", "RELEASE-1", "--json")) == []
    assert _losses(dramaturg("diff", "HEAD~1:personas/house.persona.md", "house-1", "--json")) == ["Voice"]


def test_a_parent_that_the_revision_does_not_have_is_the_one_of_the_library(checkout: Checkout) -> None:
    child = _CHILD.replace("house-1", "codegen-standards-1")
    checkout.commit(release=child)
    checkout.write(_PLACE, child.replace("inherits_from: codegen-standards-1\n", ""))
    assert _losses(dramaturg("diff", _PLACE, "--json")) == ["Artifacts", "Code"]


def test_a_path_can_be_meant_from_the_working_folder(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout.folder / "personas")
    told = dramaturg("diff", "HEAD~1:./release.persona.md", "--json")
    assert (told.json["before"]["path"], told.json["after"]["path"]) == (f"HEAD~1:{_PLACE}", "release.persona.md")
    assert _losses(told) == ["Backup"]


def test_a_file_renamed_since_head_is_known_by_its_alias(checkout: Checkout) -> None:
    checkout.git("mv", _PLACE, "personas/shipping.persona.md")
    told = dramaturg("diff", "RELEASE-1")
    assert (told.code, told.err) == (0, "no difference\n")


def test_a_file_whose_name_holds_a_colon_is_a_file(checkout: Checkout) -> None:
    checkout.write("HEAD:release.md", RELEASE)
    assert dramaturg("diff", "HEAD:release.md", _PLACE).err == "1 requirement lost\n"


def test_an_old_version_with_errors_is_told_as_git_writes_it(checkout: Checkout) -> None:
    checkout.commit(release=RELEASE.replace("</philosophy>", ""))
    checkout.write(_PLACE, RELEASE)
    told = dramaturg("diff", _PLACE)
    assert (told.code, told.out) == (2, "")
    assert f"HEAD:{_PLACE}:12:1" in told.err


def test_an_old_version_that_is_no_text_is_told(checkout: Checkout) -> None:
    (checkout.folder / _PLACE).write_bytes(RELEASE.replace("Times", "Zeitgefühl").encode("latin-1"))
    checkout.commit()
    checkout.write(_PLACE, RELEASE)
    told = dramaturg("diff", _PLACE)
    assert told.code == 2
    assert "error[P112]: the file is not UTF-8 text: byte 0xFC" in told.err


@pytest.mark.parametrize(
    ("no_colour", "head"), [("", "\x1b[31m- requirement `Backup` lost\x1b[0m"), ("1", "- requirement")]
)
def test_a_terminal_gets_colours_unless_its_user_wants_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_colour: str, head: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_colour)
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(RELEASE, encoding="utf-8")
    new.write_text(edited((BACKUP, "")), encoding="utf-8")
    screen, theirs = pty.openpty()
    terminal = Terminal(screen)
    with started("diff", str(old), str(new), stdout=theirs):
        os.close(theirs)
        terminal.wait_for("  " + head)
    os.close(screen)
