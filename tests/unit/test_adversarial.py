"""Texts that nobody writes by hand, of any length: every one is read to its end, in silence and in bounds."""

from collections.abc import Callable, Mapping

import pytest

from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding
from dramaturg.findings.source import Source
from dramaturg.persona.model import Persona, PersonaFile
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Kind

_SIZES = [50_000, pytest.param(200_000, marks=pytest.mark.slow)]
_HEAD = "---\nalias: x-1\ntitle: X\n---\n"
_PROTOCOL, _END = "<operational_protocol>\n", "\n</operational_protocol>\n"
_STEP, _STEP_END = f"{_PROTOCOL}<Step>", f"</Step>{_END}"


def _many(size: int, piece: str | Callable[[int], str], before: str = "", after: str = "") -> str:
    """Return a persona that holds a piece so often that it has so many characters."""
    pieces = piece if callable(piece) else lambda _: piece
    return _HEAD + before + "".join(map(pieces, range(size // len(pieces(0))))) + after


def _head_of(size: int, piece: Callable[[int], str], before: str = "") -> str:
    """Return a frontmatter that holds many pieces under a key: one for every four characters."""
    return f"---\nalias: x-1\ntitle: X\n{before}{''.join(map(piece, range(size // 4)))}---\n"


def _deeper(size: int, line: str, before: str = "", after: str = "") -> str:
    """Return lines each of which is indented by one more than the one above it."""
    return before + "".join(f"{' ' * depth}{line}\n" for depth in range(_rows(size))) + after


def _rows(size: int) -> int:
    """Return how many lines have so many characters, if each is longer by one than the one above it."""
    return int((2 * size) ** 0.5)


_TEXTS: Mapping[str, Callable[[int], str]] = {
    "openers of steps": lambda size: _many(size, "<Step>", _PROTOCOL, _END),
    "closers of steps": lambda size: _many(size, "</Step>", _STEP, _END),
    "misspelt closers of steps": lambda size: _many(size, "<Step>x</dStep>", _PROTOCOL, _END),
    "steps outside a protocol": lambda size: _many(size, "<Step>x</Step>"),
    "one number for all steps": lambda size: _many(size, '<Step number="2">x</Step>', _PROTOCOL, _END),
    "steps in a step": lambda size: _many(size, "<Step>x</Step>", f'{_PROTOCOL}<Step number="1">', _STEP_END),
    "openers of a block": lambda size: _many(size, "<philosophy>\n"),
    "closers of a block": lambda size: _many(size, "</philosophy>\n", "<philosophy>"),
    "openers of blocks": lambda size: _many(size, "<philosophy><output_contract><SECTION:A>"),
    "sections without end": lambda size: _many(size, lambda at: f"<SECTION:A{at}>x\n"),
    "closers of whatever section": lambda size: _many(size, "</SECTION>", "<SECTION:A>"),
    "blocks of nearly a name": lambda size: _many(size, lambda at: f"<philosophi{at % 10}>x</philosophi{at % 10}>\n"),
    "foreign tags in a block": lambda size: _many(size, lambda at: f"</f{at}>", "<philosophy>"),
    "personas": lambda size: _many(size, "<persona>x</persona>\n", "<philosophy>x</philosophy>"),
    "directives": lambda size: _many(
        size, lambda at: f"<Directive_D{at}>x</Directive_D{at}>", "<directives>", "</directives>"
    ),
    "one directive over and over": lambda size: _many(
        size, "<Directive_D>x</Directive_D>", "<directives>", "</directives>"
    ),
    "directives without end": lambda size: _many(
        size, lambda at: f"<Directive_D{at}>x", "<directives>", "</directives>"
    ),
    "conditions": lambda size: _many(size, '<Condition check="a < b">Return to Step 1.</Condition>', _STEP, _STEP_END),
    "conditions without end": lambda size: _many(size, '<Condition check="a">b', _STEP, _STEP_END),
    "attributes": lambda size: _many(size, lambda at: f' a{at}="b"', f"{_PROTOCOL}<Step", f">Write it.{_STEP_END}"),
    "quotes in a tag": lambda size: _many(size, '"', f"{_PROTOCOL}<Step name="),
    "tags in quotes": lambda size: _many(size, "<a \"'<a'\""),
    "angles": lambda size: _many(size, "<"),
    "ticks": lambda size: _many(size, "` "),
    "ticks, one more each time": lambda size: (
        _HEAD + _STEP + " ".join("`" * length for length in range(1, _rows(size)))
    ),
    "fences": lambda size: _many(size, "- ```\nx\n"),
    "fences, one longer than the other": lambda size: (
        _HEAD + "".join(f"{'`' * length}\n" for length in range(3, _rows(size)))
    ),
    "comments without end": lambda size: _many(size, "<!-- x\n"),
    "heads": lambda size: _many(size, _HEAD),
    "heads in a block": lambda size: _many(size, _HEAD, "<philosophy>", "</philosophy>" + "<a>\n" * (size // 20)),
    "keys that are unknown": lambda size: _head_of(size, lambda at: f"key{at}: x\n"),
    "one key over and over": lambda size: _head_of(size, lambda _: "title: X\n"),
    "settings of steps that are none": lambda size: _head_of(
        size, lambda at: f"  {at}: {{kind: section}}\n", "steps:\n"
    ),
    "keys, each in the other": lambda size: _deeper(size, "a:", "---\nalias: x-1\ntitle: X\nmetadata:\n", "---\n"),
    "brackets": lambda size: f"---\nalias: {'[' * size}\n---\n",
    "bullets": lambda size: _many(size, "- x\n", f"{_STEP}Produce `A B` including:\n", _STEP_END),
    "bullets, each in the other": lambda size: _deeper(
        size, "- x", f"{_HEAD}{_STEP}Produce `A B` including:\n", _STEP_END
    ),
    "a numbered list": lambda size: _many(size, lambda at: f"{at + 1}. Write `S{at}`.\n", _PROTOCOL, _END),
    "a numbered list of ones": lambda size: _many(size, "1. Write it.\n", _PROTOCOL, _END),
    "the number of an item": lambda size: _many(size, "1", _PROTOCOL, f". Write it.{_END}"),
    "the number of a step": lambda size: _many(
        size, "1", f'{_PROTOCOL}<Step number="', f'">a<Step number="2">b</Step>{_STEP_END}'
    ),
    "blanks above the head": lambda size: f"{' ' * 8}\n" * (size // 9) + _HEAD,
    "one line": lambda size: _many(size, "word ", f"{_STEP}Write ", _STEP_END),
    "line ends": lambda size: _many(size, "\r\n", f"{_STEP}Write it", _STEP_END),
    "NULs": lambda size: _many(size, "\0", _STEP, _STEP_END),
    "letters that grow in lower case": lambda size: _many(size, "İ", f"{_STEP}Produce ", _STEP_END),
    "nothing but letters": lambda size: "x" * size,
}


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS.keys())
@pytest.mark.parametrize("size", _SIZES)
def test_a_monstrous_file_is_read_in_silence_and_nothing_of_it_is_lost(
    text: Callable[[int], str], size: int, capsys: pytest.CaptureFixture[str]
) -> None:
    file = scan("x.md", text(size))
    assert len(file.text) > size / 2
    assert "".join(piece.text for piece in file.pieces) == file.text
    source = Source("x.md", file.text)
    for finding in _findings(file):
        assert finding.span is not None
        start = source.offset(finding.span)
        assert source.span(start, start + finding.span.length) == finding.span
        assert start + finding.span.length <= len(file.text)
    assert capsys.readouterr() == ("", "")


def _findings(file: PersonaFile) -> tuple[Finding, ...]:
    """Return what reading, joining and planning a file find."""
    persona, findings = resolve(file, _no_parent)
    if persona is None:
        return findings
    try:
        return compile_plan(persona).findings
    except AuthorError as error:
        return error.findings


def _no_parent(alias: str) -> Finding:
    raise AssertionError(f"none of these has a parent, `{alias}` is asked for")


def _persona(text: str) -> Persona:
    persona, findings = resolve(scan("x.md", text), _no_parent)
    assert persona is not None, findings
    return persona


def test_five_thousand_steps_are_planned_one_by_one() -> None:
    steps = "".join(f'<Step number="{at}">Write `S{at}`, then return to Step 1.</Step>\n' for at in range(2, 5_001))
    plan = compile_plan(_persona(f'{_HEAD}{_PROTOCOL}<Step number="1">Write `S`.</Step>\n{steps}{_END}'))
    assert [step.id for step in plan.steps] == [str(at) for at in range(1, 5_001)]
    assert {step.kind for step in plan.steps} == {Kind.SECTION}
    assert [len(step.branches) for step in plan.steps] == [0] + [1] * 4_999


def test_a_chain_of_two_hundred_parents_is_joined() -> None:
    files = {
        f"x-{at}": scan(
            f"x-{at}.md",
            f"---\nalias: x-{at}\ntitle: X\n{f'inherits_from: x-{at + 1}' if at < 200 else ''}\n---\n"
            f"<SECTION:S{at}>{at}</SECTION>\n<directives><Directive_D{at}>x</Directive_D{at}></directives>\n",
        )
        for at in range(201)
    }
    persona, findings = resolve(files["x-0"], files.__getitem__)
    assert findings == ()
    assert persona is not None
    assert persona.lineage == tuple(f"x-{at}" for at in range(200, -1, -1))
    assert [slot.text for slot in persona.slots] == [str(at) for at in range(200, -1, -1)]
    assert len(persona.directives) == 201


def test_twenty_thousand_bullets_are_twenty_thousand_requirements() -> None:
    bullets = "".join(f"- **Key {at}:** what it is\n" for at in range(20_000))
    plan = compile_plan(_persona(f"{_HEAD}{_STEP}Produce `A B` including:\n{bullets}{_STEP_END}"))
    (section,) = plan.sections
    assert [demand.id for demand in section.requirements] == [*(f"Key {at}" for at in range(20_000)), "A B"]
