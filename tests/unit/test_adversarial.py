"""Texts that nobody writes by hand, 200,000 characters each: every one is read to its end, in silence and in bounds."""

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

_SIZE = 200_000
_HEAD = "---\nalias: x-1\ntitle: X\n---\n"
_PROTOCOL, _END = "<operational_protocol>\n", "\n</operational_protocol>\n"
_STEP, _STEP_END = f"{_PROTOCOL}<Step>", f"</Step>{_END}"


def _many(piece: str | Callable[[int], str], before: str = "", after: str = "") -> str:
    """Return a persona that holds a piece so often that it is as long as all of these texts are."""
    pieces = piece if callable(piece) else lambda _: piece
    return _HEAD + before + "".join(map(pieces, range(_SIZE // len(pieces(0))))) + after


def _head_of(piece: Callable[[int], str], before: str = "") -> str:
    """Return a frontmatter that holds 50,000 pieces under a key."""
    return f"---\nalias: x-1\ntitle: X\n{before}{''.join(map(piece, range(50_000)))}---\n"


def _deeper(line: str, before: str = "", after: str = "") -> str:
    """Return lines each of which is indented by one more than the one above it."""
    return before + "".join(f"{' ' * depth}{line}\n" for depth in range(int((2 * _SIZE) ** 0.5))) + after


_TEXTS: Mapping[str, Callable[[], str]] = {
    "openers of steps": lambda: _many("<Step>", _PROTOCOL, _END),
    "closers of steps": lambda: _many("</Step>", _STEP, _END),
    "misspelt closers of steps": lambda: _many("<Step>x</dStep>", _PROTOCOL, _END),
    "steps outside a protocol": lambda: _many("<Step>x</Step>"),
    "one number for all steps": lambda: _many('<Step number="2">x</Step>', _PROTOCOL, _END),
    "steps in a step": lambda: _many("<Step>x</Step>", f'{_PROTOCOL}<Step number="1">', _STEP_END),
    "openers of a block": lambda: _many("<philosophy>\n"),
    "closers of a block": lambda: _many("</philosophy>\n", "<philosophy>"),
    "openers of blocks": lambda: _many("<philosophy><output_contract><SECTION:A>"),
    "sections without end": lambda: _many(lambda at: f"<SECTION:A{at}>x\n"),
    "closers of whatever section": lambda: _many("</SECTION>", "<SECTION:A>"),
    "blocks of nearly a name": lambda: _many(lambda at: f"<philosophi{at % 10}>x</philosophi{at % 10}>\n"),
    "foreign tags in a block": lambda: _many(lambda at: f"</f{at}>", "<philosophy>"),
    "personas": lambda: _many("<persona>x</persona>\n", "<philosophy>x</philosophy>"),
    "directives": lambda: _many(lambda at: f"<Directive_D{at}>x</Directive_D{at}>", "<directives>", "</directives>"),
    "one directive over and over": lambda: _many("<Directive_D>x</Directive_D>", "<directives>", "</directives>"),
    "directives without end": lambda: _many(lambda at: f"<Directive_D{at}>x", "<directives>", "</directives>"),
    "conditions": lambda: _many('<Condition check="a < b">Return to Step 1.</Condition>', _STEP, _STEP_END),
    "conditions without end": lambda: _many('<Condition check="a">b', _STEP, _STEP_END),
    "attributes": lambda: _many(lambda at: f' a{at}="b"', f"{_PROTOCOL}<Step", f">Write it.{_STEP_END}"),
    "quotes in a tag": lambda: _many('"', f"{_PROTOCOL}<Step name="),
    "tags in quotes": lambda: _many("<a \"'<a'\""),
    "angles": lambda: _many("<"),
    "ticks": lambda: _many("` "),
    "ticks, one more each time": lambda: _HEAD + _STEP + " ".join("`" * length for length in range(1, 600)),
    "fences": lambda: _many("- ```\nx\n"),
    "fences, one longer than the other": lambda: _HEAD + "".join(f"{'`' * length}\n" for length in range(3, 600)),
    "comments without end": lambda: _many("<!-- x\n"),
    "heads": lambda: _many(_HEAD),
    "heads in a block": lambda: _many(_HEAD, "<philosophy>", "</philosophy>" + "<a>\n" * 9_000),
    "keys that are unknown": lambda: _head_of(lambda at: f"key{at}: x\n"),
    "one key over and over": lambda: _head_of(lambda _: "title: X\n"),
    "settings of steps that are none": lambda: _head_of(lambda at: f"  {at}: {{kind: section}}\n", "steps:\n"),
    "keys, each in the other": lambda: _deeper("a:", "---\nalias: x-1\ntitle: X\nmetadata:\n", "---\n"),
    "brackets": lambda: f"---\nalias: {'[' * _SIZE}\n---\n",
    "bullets": lambda: _many("- x\n", f"{_STEP}Produce `A B` including:\n", _STEP_END),
    "bullets, each in the other": lambda: _deeper("- x", f"{_HEAD}{_STEP}Produce `A B` including:\n", _STEP_END),
    "a numbered list": lambda: _many(lambda at: f"{at + 1}. Write `S{at}`.\n", _PROTOCOL, _END),
    "a numbered list of ones": lambda: _many("1. Write it.\n", _PROTOCOL, _END),
    "the number of an item": lambda: _many("1", _PROTOCOL, f". Write it.{_END}"),
    "the number of a step": lambda: _many(
        "1", f'{_PROTOCOL}<Step number="', f'">a<Step number="2">b</Step>{_STEP_END}'
    ),
    "blanks above the head": lambda: f"{' ' * 8}\n" * (_SIZE // 9) + _HEAD,
    "one line": lambda: _many("word ", f"{_STEP}Write ", _STEP_END),
    "line ends": lambda: _many("\r\n", f"{_STEP}Write it", _STEP_END),
    "NULs": lambda: _many("\0", _STEP, _STEP_END),
    "letters that grow in lower case": lambda: _many("İ", f"{_STEP}Produce ", _STEP_END),
    "nothing but letters": lambda: "x" * _SIZE,
}


@pytest.mark.parametrize("text", _TEXTS.values(), ids=_TEXTS.keys())
def test_a_monstrous_file_is_read_in_silence_and_nothing_of_it_is_lost(
    text: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = scan("x.md", text())
    assert len(file.text) > _SIZE / 2
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
