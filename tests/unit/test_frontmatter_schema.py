"""The schema that editors use: it refuses what the reader refuses, and takes what the reader takes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from dramaturg.data import personas_root
from dramaturg.errors import AuthorError
from dramaturg.findings.model import Finding, Severity
from dramaturg.persona.frontmatter import KEYS
from dramaturg.persona.library import persona_of
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan
from dramaturg.plan.schema import frontmatter_schema

_SCHEMA = frontmatter_schema()
_SHARED = {"P101", "P107", "P108", "P109", "P110", "P402", "P405"}  # required, unknown, type, choice, id, settings
_BODY = """
<operational_protocol>
<Step number="1">Produce a `SUMMARY`.</Step>
<Step number="2">Produce a `VERDICT`.</Step>
<Step number="3">Produce a `FORECAST`.</Step>
</operational_protocol>
"""
_SCALARS = st.sampled_from(["text", "1.0", "primary", "draft", "generative", "table", " ", 1, 1.5, True, False])
_TEXTS = _SCALARS | st.sampled_from(["", None])
_ANYTHING = st.recursive(
    _TEXTS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_SCALARS, inner, max_size=2)
)
_FREE = st.dictionaries(_SCALARS, _ANYTHING, max_size=2)
_ARTIFACT = {"id": _SCALARS, "type": st.sampled_from(["primary", "optional", None]), "description": _TEXTS}
_STEP = {
    "kind": st.just("section"),  # only of a section the reader looks at title and format
    "section": _SCALARS,
    "format": st.sampled_from(["table", "prose"]),
    "needs": st.sampled_from([None, [], ""]),
}
_HEAD: Mapping[str, st.SearchStrategy[Any]] = {
    **{key: _TEXTS for key, kind in KEYS.items() if kind == "text"},
    "alias": _SCALARS,
    "title": _SCALARS,
    "status": st.sampled_from(["active", "draft", "deprecated", None]),
    "input_mode": st.sampled_from(["evidence-driven", "generative", None]),
    "expected_artifacts": st.just([]),
    "allowed_tools": st.lists(_TEXTS, max_size=2),
    "directives": st.dictionaries(_SCALARS, _TEXTS, max_size=2),
    "output_contract": _FREE,
    "steps": st.just({}),
    "metadata": _FREE,
}


@st.composite
def _nearly(
    draw: st.DrawFn, rules: Mapping[str, st.SearchStrategy[Any]], odd: st.SearchStrategy[Any]
) -> dict[str, Any]:
    """Give a mapping as it is meant to be; or with one value that may not be, one key too few, or one too many."""
    whole: dict[str, Any] = draw(st.fixed_dictionaries({}, optional={key: rules[key] for key in rules}))
    whole |= {key: draw(rules[key]) for key in ("alias", "title", "id") if key in rules}
    match draw(st.sampled_from(["kept", "changed", "added", "dropped"])):
        case "changed":
            choices = [key for key in ("status", "input_mode", "type", "kind", "format") if key in rules]
            whole[draw(st.sampled_from([*choices, *sorted(rules)]))] = draw(odd)
        case "added":
            whole["inherit_from"] = draw(odd)
        case "dropped":
            whole.pop(draw(st.sampled_from(sorted(rules))), None)
        case _:
            pass
    return whole


@st.composite
def _heads(draw: st.DrawFn) -> dict[str, Any]:
    """Give a frontmatter with at most one thing that may not be; an artifact or a step may have another."""
    head = draw(_nearly(_HEAD, _ANYTHING))
    assume(not (isinstance(head.get("steps"), dict) and head["steps"]))  # of steps that there are not
    if draw(st.booleans()):
        artifact = draw(_nearly(_ARTIFACT, _ANYTHING) | _ANYTHING)
        head["expected_artifacts"] = [artifact]
    if draw(st.booleans()):
        step = draw(_nearly(_STEP, _SCALARS | st.just("")) | _TEXTS)
        head["steps"] = {draw(st.sampled_from(["1", 2, "3"])): step}
    return head


def _is_valid(head: object) -> bool:
    """Tell what an editor tells: the schema over what the frontmatter is as JSON."""
    return bool(jsonschema.Draft202012Validator(_SCHEMA).is_valid(json.loads(json.dumps(head))))


def _faults(text: str) -> set[str]:
    """Return the rules of the shared kind that a file breaks, by its own frontmatter."""
    file = scan("x.md", text)
    found = [*file.findings]
    try:
        found += compile_plan(persona_of(file, _orphan)).findings
    except AuthorError as error:
        found += error.findings
    return {finding.rule for finding in found if finding.severity is not Severity.NOTE} & _SHARED


def _orphan(alias: str) -> PersonaFile | Finding:
    return scan(alias, f'---\nalias: "{alias}"\ntitle: Base\n---\n')


def test_the_schema_is_a_schema_and_tells_what_each_key_is_for() -> None:
    jsonschema.Draft202012Validator.check_schema(_SCHEMA)
    assert [*_SCHEMA["properties"]] == [*KEYS]
    assert all(rule["description"] for rule in _SCHEMA["properties"].values())
    assert json.loads(json.dumps(_SCHEMA)) == _SCHEMA


@pytest.mark.parametrize("path", sorted(personas_root().glob("*.md")), ids=lambda path: path.stem)
def test_the_shipped_personas_fit_the_schema(path: Path) -> None:
    head = path.read_text(encoding="utf-8").split("---\n")[1]
    assert _is_valid(yaml.safe_load(head))


@settings(max_examples=600, deadline=None)
@given(_heads())
@example({"alias": "a", "title": "t"})
@example({"alias": "a", "title": "t", "steps": {"2": {"kind": "section", "section": ""}}})
@example({"alias": "a", "title": "t", "steps": {"2": None}})
@example({"alias": "a", "title": "t", "expected_artifacts": [{"id": ""}]})
@example({"alias": "", "title": "t"})
def test_the_schema_and_the_reader_refuse_the_same(head: dict[str, Any]) -> None:
    text = f"---\n{yaml.safe_dump(head)}---\n{_BODY}"
    faults = _faults(text)
    event(f"refused for {sorted(faults)}")
    assert _is_valid(head) == (not faults), (faults, text)
