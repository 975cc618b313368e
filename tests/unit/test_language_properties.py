"""Whatever is done to a persona file: findings inside its bounds, never an exception, and no character changed."""

from collections.abc import Iterator, Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from tests.cases import texts_given

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.findings.render import render
from dramaturg.findings.source import Source
from dramaturg.persona.model import Directive, Persona, PersonaFile, Slot, Step
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.model import Plan

_SHIPPED = [path.read_text(encoding="utf-8") for path in sorted(personas_root().glob("*.md"))]
_DIALECTS = [*texts_given("scan", "compile").values()]
_FRAGMENTS = """
</Step> <Step> <Step number="1" </dStep> <philosophy> </philosophy> <SECTION: </SECTION> <SECTION:X> <directives>
</directives> <Directive_A> </Directive_A> <operational_protocol> </operational_protocol> ``` ` ~~~ <!-- --> < > " '
& * : # | - [ ] { } ! % @ !!str &a *a <<: alias: steps: inherits_from: needs= kind="section" including: MUST e.g. 1. **
""".split()
_GLUE = st.sampled_from([*_FRAGMENTS, *"\n\t \0\r\x85\u2028\ufeffé日\U0001f600", "", "\r\n", "\n---\n", "\n- "])
_MISSING = Finding(rule="P301", severity=Severity.ERROR, message="there is none")
_BASE = scan("base.md", "---\nalias: base\ntitle: Base\n---\n")


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """Give a persona file that was cut, mutated or spliced, up to four times over."""
    texts = st.sampled_from(_SHIPPED) | st.sampled_from(_DIALECTS)
    text = draw(texts)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + draw(st.sampled_from([0, 1, 9, 10_000])))))
        other = draw(texts)
        at = draw(st.integers(0, len(other)))
        middle = draw(_GLUE | st.text(max_size=4) | st.just(other[at:]) | st.just(other[:at]))
        text = text[:start] + middle + text[stop:]
    return text if draw(st.booleans()) else text.replace("\n", "\r\n")


def _slice(file: PersonaFile, span: Span) -> str:
    """Return the text at a span, which must lie inside the file."""
    source = Source(file.path, file.text)
    assert span.path == file.path
    assert 1 <= span.line <= len(source.line_starts)
    assert span.column >= 1
    assert span.length >= 0
    start = source.offset(span)
    assert source.span(start, start + span.length) == span, "the column lies behind the end of its line"
    assert start + span.length <= len(file.text)
    return file.text[start : start + span.length]


def _spans(findings: Sequence[Finding]) -> Iterator[Span]:
    for finding in findings:
        assert finding.span is not None
        yield finding.span
        yield from (label.span for label in finding.labels)


@given(_damaged())
def test_a_damaged_file_scans_to_findings_inside_its_bounds(text: str) -> None:
    file = scan("x.md", text)
    for span in (*_spans(file.findings), *file.frontmatter.spans.values(), file.head):
        _slice(file, span)
    source = Source("x.md", text)
    for finding in file.findings:
        assert f"[{finding.rule}]" in render(finding, {"x.md": source}.get)


@given(_damaged())
def test_every_piece_is_the_files_own_text_at_its_place(text: str) -> None:
    file = scan("x.md", text)
    pieces: tuple[Slot | Directive | Step, ...] = (*file.slots, *file.directives, *file.steps)
    for piece in pieces:
        assert piece.text == _slice(file, piece.origin.span)
        assert piece.origin.alias == file.alias
    for step in file.steps:
        assert _slice(file, step.opener)
    for artifact in file.frontmatter.artifacts:
        assert _slice(file, artifact.origin.span)


@given(_damaged())
def test_the_pieces_of_a_file_one_after_another_are_the_file(text: str) -> None:
    pieces = scan("x.md", text).pieces
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)


@given(_damaged(), _damaged(), st.booleans())
def test_resolving_what_was_resolved_gives_the_same(child: str, parent: str, strict: bool) -> None:  # noqa: FBT001 - drawn
    leaf, base = scan("child.md", child), scan("parent.md", parent)
    files = {base.alias: base, leaf.frontmatter.text("inherits_from"): base}

    def lookup(alias: str) -> PersonaFile | Finding:
        return files.get(alias, _MISSING)

    persona, findings = resolve(leaf, lookup, strict=strict)
    for span in _spans(findings):
        _slice({"child.md": leaf, "parent.md": base}[span.path], span)
    if persona is None:
        assert any(finding.is_error for finding in findings)
    else:
        again = {child.frontmatter.text("inherits_from"): older for older, child in _pairs(persona)}
        rescanned = scan(leaf.path, leaf.text)
        assert resolve(rescanned, lambda alias: again[alias], strict=strict) == (persona, findings)


def _pairs(persona: Persona) -> Iterator[tuple[PersonaFile, PersonaFile]]:
    return zip(persona.chain, persona.chain[1:], strict=False)


@given(_damaged())
def test_a_persona_compiles_to_a_plan_with_places_or_to_located_errors(text: str) -> None:
    file = scan("x.md", text)
    outcome = _planned(file)
    if isinstance(outcome, Plan):
        _check_plan(outcome, file)
    else:
        assert any(finding.is_error for finding in outcome)
        for span in _spans(outcome):
            _slice(file, span)


def _planned(file: PersonaFile) -> Plan | tuple[Finding, ...]:
    """Return the plan of a file whose parent, if it names one, adds nothing; else what is wrong."""
    persona, findings = resolve(file, lambda _: _BASE)
    if persona is None:
        return findings
    try:
        return compile_plan(persona)
    except AuthorError as error:
        return error.findings


def _check_plan(plan: Plan, file: PersonaFile) -> None:
    assert len({step.id for step in plan.steps}) == len(plan.steps)
    reasons = [*plan.because]
    for step in plan.steps:
        reasons += step.because
        for requirement in step.requirements:
            reasons += requirement.because
            assert requirement.id.strip()
            assert _slice(file, requirement.span)
        bullets = [requirement.id for requirement in step.requirements if not requirement.whole_section]
        assert len({*bullets}) == len(bullets)
    for reason in reasons:
        assert _slice(file, reason.span)


@example(
    "---\nalias: x-1\ntitle: X\n---\n<operational_protocol>\n"
    "1. **Consent:**\n    - Ask for the confirmation of the miller.\n"
    "2. **Flour:** Write the `FLOUR LIST`.\n</operational_protocol>\n"
)
@given(_damaged())
def test_line_ends_do_not_change_what_a_persona_demands(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    unix, dos = (_demands(each) for each in (plain, plain.replace("\n", "\r\n")))
    assert unix == dos


def _demands(text: str) -> object:
    """Return what does not depend on line ends: the plan's decisions, or the rules broken and their lines."""
    outcome = _planned(scan("x.md", text))
    if not isinstance(outcome, Plan):
        return [(finding.rule, finding.span and finding.span.line) for finding in outcome]
    steps = [(step.id, step.kind, step.section, step.format, step.needs) for step in outcome.steps]
    owed = [[(each.id, each.level, each.text) for each in step.requirements] for step in outcome.steps]
    return outcome.document, steps, owed
