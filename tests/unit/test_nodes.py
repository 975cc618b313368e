"""Frontmatter is read alike whichever of PyYAML's two loaders is there."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import frontmatter
import pytest
import yaml
from tests.cases import FOLDER

from dramaturg.findings.model import Span
from dramaturg.findings.source import Source
from dramaturg.persona import composing, nodes


@pytest.fixture(name="without_libyaml")
def _without_libyaml(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give the module that composes as it is imported where PyYAML was built without libyaml."""
    monkeypatch.delattr(yaml, "CSafeLoader")
    spec = importlib.util.spec_from_file_location("composing_without_libyaml", composing.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    assert issubclass(module.Loader, yaml.SafeLoader)
    return module


def _faults(text: str) -> list[tuple[str, Span | None]]:
    handler = nodes.Handler(Source("x.md", text))
    frontmatter.parse(text, handler=handler)
    if handler.root is not None:
        nodes.plain(handler.root, handler.reader, "")
    return [(finding.rule, finding.span) for finding in handler.reader.findings]


@pytest.mark.parametrize("path", sorted((FOLDER / "scan").glob("frontmatter-*.yaml")), ids=lambda path: str(path.stem))
def test_both_loaders_find_the_same_faults_at_the_same_places(
    path: Path, without_libyaml: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = yaml.safe_load(path.read_text(encoding="utf-8"))["given"]["text"]
    with_libyaml = _faults(text)
    monkeypatch.setattr(nodes, "compose", without_libyaml.compose)
    assert _faults(text) == with_libyaml
