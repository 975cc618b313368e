"""What personas owed at a git revision and do not owe any more: found, and told where it can be mended."""

import re
from pathlib import Path

import pytest
from tests.versions import APPLY, BACKUP, DPA1, MOOD, RELEASE, START, VOICE, Checkout, edited, new_checkout, step

from dramaturg.data import personas_root
from dramaturg.errors import CallerError
from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.library import Library
from dramaturg.run.against import regressions

_PLACE = "personas/release.persona.md"
_BASE = f"---\nalias: house-1\ntitle: House\n---\n<directives>\n{VOICE}</directives>\n"
_CHILD = edited(("title: Release Planner\n", "title: Release Planner\ninherits_from: house-1\n"), (VOICE, ""))


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    checkout = new_checkout(tmp_path / "project", monkeypatch)
    checkout.commit(release=RELEASE)
    return checkout


def _found(*names: str, revision: str = "HEAD") -> tuple[Finding, ...]:
    return regressions(Library((Path("personas"), personas_root())), names or [_PLACE], revision, None)


def _told(found: tuple[Finding, ...]) -> list[str]:
    return [f"{each.severity}[{each.rule}] {each.span}: {each.message}" for each in found]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (
            (BACKUP, ""),
            "error[P501] {}:19:1: requirement `Backup` of section `CHECKS` was lost since HEAD",
        ),
        (
            (step(5), ""),
            "error[P502] {}:2:8: section `WAY BACK` was lost since HEAD",
        ),
        (
            (step(4), ""),
            "error[P502] {}:2:8: section `PROCEDURE` was lost since HEAD",
        ),
        (
            ("This is non-negotiable and", "It"),
            "warning[P503] {}:35:1: section `WAY BACK` was weakened since HEAD: non-negotiable → must",
        ),
        (
            (MOOD, ""),
            "warning[P503] {}:19:1: optional requirement `Mood` of section `CHECKS` was lost since HEAD",
        ),
        (
            ("Built, signed and stored in the registry.", "Built."),
            (
                "warning[P503] {}:24:3: requirement `Images` of section `CHECKS` was shortened since HEAD:"
                " Images: Built, signed and stored in the registry. → Images: Built."
            ),
        ),
        (
            ("title: Release Planner\n", "title: Release Planner\ninput_mode: generative\n"),
            "warning[P503] {}:4:13: input mode was weakened since HEAD: evidence-driven → generative",
        ),
        (
            ("`WAY BACK`", "`UNDO PLAN`"),
            "warning[P504] {}:35:1: section `WAY BACK` was renamed since HEAD: WAY BACK → UNDO PLAN",
        ),
        (
            (step(4) + step(5), step(5) + step(4)),
            "warning[P504] {}:30:1: section `WAY BACK` was reordered since HEAD: position 5 → position 4",
        ),
        (
            (APPLY + START, START + APPLY),
            (
                "warning[P504] {}:32:3: requirement `Start the gateway again` of section `PROCEDURE` was reordered"
                " since HEAD: position 3 → position 2"
            ),
        ),
        (
            (VOICE, VOICE.replace("Voice", "Tone")),
            "warning[P504] {}:15:17: directive `Voice` was renamed since HEAD: Voice → Tone",
        ),
        ((VOICE, ""), "error[P505] {}:2:8: directive `Voice` was lost since HEAD"),
        (
            ("<output_contract>Times are UTC.</output_contract>\n", ""),
            "error[P505] {}:2:8: output contract `output_contract` was lost since HEAD",
        ),
    ],
)
def test_a_loss_is_told_once_where_it_can_be_mended(checkout: Checkout, edit: tuple[str, str], expected: str) -> None:
    checkout.write(_PLACE, edited(edit))
    assert _told(_found()) == [expected.format(_PLACE)]


def test_a_loss_shows_what_was_there_and_where(checkout: Checkout) -> None:
    checkout.write(_PLACE, edited((BACKUP, "")))
    (loss,) = _found()
    ((where, text),) = [(str(label.span), label.text) for label in loss.labels]
    assert (where, text) == (f"HEAD:{_PLACE}:20:3", "it was: Backup: A tested backup of every database.")
    assert loss.help == "put it back if it is still owed"


def test_the_persona_that_lost_every_sub_item_in_one_edit_does_not_pass(checkout: Checkout) -> None:
    checkout.commit(dpa=DPA1)
    checkout.commit(dpa=re.sub(r"\n {8}- .*", "", DPA1))
    found = _found("DPA-1", revision="HEAD~1")
    assert {(loss.rule, loss.severity) for loss in found} == {("P501", Severity.ERROR)}
    assert [loss.message.split("`")[1] for loss in found] == [
        *("Configuration", "Data Integrity", "Dependencies", "Artifacts"),
        *("Enabling maintenance mode", "Applying database migrations", "Deploying the new application versions"),
        *("Running critical smoke tests", "Disabling maintenance mode"),
        *("Monitoring", "Log Analysis", "Functional Checks"),
    ]


@pytest.mark.parametrize(
    "names", [("RELEASE-1",), ("RELEASE-1", "personas/second.persona.md", "house-1"), ("house-1", _PLACE)]
)
def test_what_a_base_lost_is_told_once_in_the_base(checkout: Checkout, names: tuple[str, ...]) -> None:
    checkout.commit(release=_CHILD, second=_CHILD.replace("RELEASE-1", "SECOND-1"), house=_BASE)
    checkout.commit(house=_BASE.replace(VOICE, ""))
    assert _told(_found(*names, revision="HEAD~1")) == [
        "error[P505] personas/house.persona.md:2:8: directive `Voice` was lost since HEAD~1"
    ]


def test_what_was_inherited_from_a_base_that_is_none_any_more_is_lost_in_the_child(checkout: Checkout) -> None:
    checkout.commit(release=_CHILD, house=_BASE)
    checkout.write(_PLACE, _CHILD.replace("inherits_from: house-1\n", ""))
    assert _told(_found()) == [f"error[P505] {_PLACE}:2:8: directive `Voice` was lost since HEAD"]


def test_a_parent_changed_for_a_shipped_one_of_its_name_is_compared(checkout: Checkout) -> None:
    base = _BASE.replace("house-1", "codegen-standards-1")
    checkout.commit(release=_CHILD.replace("house-1", "codegen-standards-1"), base=base)
    (checkout.folder / "personas/base.persona.md").unlink()
    assert [loss.message for loss in _found()] == [
        "directive `Voice` was lost since HEAD",
        "persona `codegen-standards-1` was removed since HEAD",
    ]


def test_a_renamed_file_is_compared_under_its_alias(checkout: Checkout) -> None:
    checkout.git("mv", _PLACE, "personas/shipping.persona.md")
    checkout.write("personas/shipping.persona.md", edited((BACKUP, "")))
    assert [loss.message for loss in _found("release-1")] == [
        "requirement `Backup` of section `CHECKS` was lost since HEAD"
    ]


def test_a_removed_persona_is_told_with_the_way_to_bring_it_back(checkout: Checkout) -> None:
    checkout.commit(other=RELEASE.replace("RELEASE-1", "OTHER-1"))
    (checkout.folder / "personas/other.persona.md").unlink()
    (gone,) = _found()
    assert _told((gone,)) == [
        "warning[P506] HEAD:personas/other.persona.md:2:8: persona `OTHER-1` was removed since HEAD"
    ]
    assert gone.help == "`git restore --source HEAD -- personas/other.persona.md` brings it back"


def test_a_persona_that_was_copied_before_it_was_removed_is_not_gone(checkout: Checkout) -> None:
    checkout.write("elsewhere/release.md", RELEASE)
    (checkout.folder / _PLACE).unlink()
    assert _found("elsewhere/release.md") == ()


def test_nothing_is_told_of_what_did_not_change_or_was_not_there(checkout: Checkout) -> None:
    checkout.commit(release=_CHILD, house=_BASE)
    checkout.write("personas/new.persona.md", RELEASE.replace("RELEASE-1", "NEW-1"))
    assert _found(_PLACE, "NEW-1", "house-1", "btaa-1", "DPA-1") == ()


def test_a_persona_that_has_errors_today_is_left_to_the_check_that_tells_them(checkout: Checkout) -> None:
    checkout.write(_PLACE, edited((BACKUP, ""), ("</philosophy>", "")))
    assert _found() == ()


@pytest.mark.parametrize("faulty", [RELEASE.replace("</philosophy>", ""), RELEASE.replace("`WAY BACK`", "`CHECKS`")])
def test_a_persona_that_had_errors_then_is_told_to_be_unknown(checkout: Checkout, faulty: str) -> None:
    checkout.commit(release=faulty)
    checkout.write(_PLACE, RELEASE)
    (unknown,) = _found()
    assert _told((unknown,)) == [
        f"note[P507] {_PLACE}:2:8: what `RELEASE-1` owed in HEAD cannot be told: it had errors"
    ]
    assert {label.span.path for label in unknown.labels} == {f"HEAD:{_PLACE}"}


def test_two_parents_of_one_name_then_are_errors_then(checkout: Checkout) -> None:
    checkout.commit(release=_CHILD, house=_BASE, home=_BASE)
    (checkout.folder / "personas/home.persona.md").unlink()
    checkout.write(_PLACE, f"{_CHILD}\n")
    assert [loss.rule for loss in _found()] == ["P507"]


@pytest.mark.parametrize(
    ("name", "revision", "reason"),
    [
        (_PLACE, "", "the revision to compare with is empty; name one, such as `HEAD~1`"),
        (_PLACE, "HEAD~9", "git finds no revision `HEAD~9`"),
        ("RELAESE-1", "HEAD", "no persona is called `RELAESE-1`"),
    ],
)
@pytest.mark.usefixtures("checkout")
def test_what_cannot_be_looked_up_is_the_callers_fault(name: str, revision: str, reason: str) -> None:
    with pytest.raises(CallerError, match=reason):
        _found(name, revision=revision)


@pytest.mark.parametrize("folder", ["other/personas", "loose"])
def test_a_file_outside_the_roots_is_compared_with_the_parents_around_it(checkout: Checkout, folder: str) -> None:
    home = checkout.folder / folder
    home.mkdir(parents=True)
    (home / "house.persona.md").write_text(_BASE, encoding="utf-8")
    leaf = home / "leaf.persona.md"
    leaf.write_text(_CHILD, encoding="utf-8")
    checkout.commit(release=RELEASE)
    leaf.write_text(_CHILD.replace(BACKUP, ""), encoding="utf-8")
    assert [each.rule for each in _found(f"{folder}/leaf.persona.md")] == ["P501"]
    leaf.write_text(_CHILD, encoding="utf-8")
    (home / "house.persona.md").write_text(_BASE.replace(VOICE, ""), encoding="utf-8")
    assert _found(f"{folder}/leaf.persona.md") != ()
