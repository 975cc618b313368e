"""Prompt kernels: which one a persona gets, and what is said where there is none."""

import shutil
from pathlib import Path

import pytest

from dramaturg.data import personas_root, prompts_root
from dramaturg.engine.prompts import TEMPLATES
from dramaturg.errors import AuthorError, CallerError
from dramaturg.persona.library import Library
from dramaturg.persona.model import Persona
from dramaturg.run.kernels import load_kernel


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """A copy of the shipped prompts that may be broken."""
    return Path(shutil.copytree(prompts_root(), tmp_path / "prompts"))


def persona(folder: Path, *lines: str, parent: str = "") -> Persona:
    """Return a persona of its own file, its frontmatter closed with the lines given."""
    inherits = [f"inherits_from: {parent}"] if parent else []
    text = "\n".join(["---", "alias: mini-1", "title: Mini", *inherits, *lines, "---", ""])
    path = folder / "mini-1.persona.md"
    path.write_text(text, encoding="utf-8")
    return Library((personas_root(),)).load(str(path))


def test_a_kernel_is_known_by_its_text(tmp_path: Path, prompts: Path) -> None:
    mini = persona(tmp_path)
    shipped = load_kernel(prompts_root(), mini)
    assert load_kernel(prompts, mini).digest == shipped.digest
    step = prompts / "v1" / "step.md.j2"
    step.write_text(step.read_text(encoding="utf-8") + "Be brief.\n", encoding="utf-8")
    edited = load_kernel(prompts, mini)
    assert edited.digest != shipped.digest
    assert edited.version == "v1"


def test_the_engine_version_chooses_the_kernel(tmp_path: Path, prompts: Path) -> None:
    shutil.copytree(prompts / "v1", prompts / "v2")
    assert load_kernel(prompts, persona(tmp_path, "engine_version: v2")).version == "v2"


def test_an_unknown_engine_version_names_the_known_ones_at_its_line(tmp_path: Path, prompts: Path) -> None:
    (prompts / "v2").mkdir()
    (prompts / "README.md").write_text("no kernel", encoding="utf-8")
    with pytest.raises(AuthorError) as raised:
        load_kernel(prompts, persona(tmp_path, "engine_version: v9"))
    (fault,) = raised.value.findings
    assert (fault.rule, fault.message) == ("P111", "unknown engine_version `v9`")
    assert fault.help == "the known ones are `v1`, `v2`"
    assert fault.span is not None
    assert (fault.span.line, fault.span.column) == (4, 17)


def test_an_inherited_engine_version_is_shown_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AuthorError) as raised:
        load_kernel(tmp_path / "empty", persona(tmp_path, parent="btaa-1"))
    (fault,) = raised.value.findings
    assert fault.help == "the known ones are none"
    assert fault.span is not None
    assert fault.span.path.endswith("btaa-1.persona.md")


def test_a_version_nobody_wrote_is_shown_at_the_alias(tmp_path: Path) -> None:
    with pytest.raises(AuthorError) as raised:
        load_kernel(tmp_path / "nowhere", persona(tmp_path))
    (fault,) = raised.value.findings
    assert fault.span is not None
    assert (fault.span.line, fault.span.column) == (2, 8)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_kernel_without_one_of_its_templates_is_not_used(tmp_path: Path, prompts: Path, name: str) -> None:
    (prompts / "v1" / name).unlink()
    with pytest.raises(CallerError, match=f"the prompt kernel `.*v1` is not whole: .*{name}"):
        load_kernel(prompts, persona(tmp_path))


def test_a_template_with_a_mistake_is_named_with_its_line(tmp_path: Path, prompts: Path) -> None:
    step = prompts / "v1" / "step.md.j2"
    step.write_text("Step\n{% if %}\n", encoding="utf-8")
    with pytest.raises(CallerError, match=r"v1/step.md.j2:2`: the template cannot be compiled: Expected an expression"):
        load_kernel(prompts, persona(tmp_path))


def test_a_template_that_uses_what_it_is_not_given_is_named(tmp_path: Path, prompts: Path) -> None:
    system = prompts / "v1" / "system.md.j2"
    system.write_text("{{ persona.title }} {{ weather }}", encoding="utf-8")
    mini = persona(tmp_path)
    with pytest.raises(CallerError, match=r"`v1/system.md.j2` uses what it is not given: 'weather' is undefined"):
        load_kernel(prompts, mini).system(mini)
