"""Runs `tests/vectors/wire`: the exact request each adapter sends for a call of a tiny plan.

A vector's `given` names the vendor and model, what the vendor answered so far, and which call to look at; `expect` is
its URL and JSON body. A schema stands there as the SHA-256 of its compact JSON, in the order it is sent in: the order
of properties is the order a model writes them in, and every byte decides whether the vendor's cache is hit.

The plan and its prompts are small and belong to this file, so that no edit of a shipped prompt changes a vector.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cases import FOLDER, read_yaml
from tests.servers import NO_WAIT, Server
from tests.vendors import CHAT, LOCAL, Anthropic, Responses, Vendor

from dramaturg import ModelError, Runtime

_VECTORS = sorted((FOLDER / "wire").glob("*.yaml"))
_GIVEN = {"vendor", "model", "answers", "call"}
_EXPECT = {"url", "body"}
_PERSONA = """\
---
alias: tiny-1
version: "1"
title: Tiny
engine_version: tiny
input_mode: evidence-driven
expected_artifacts:
  - {id: brief, type: primary, description: what to look at}
---
<philosophy>Be brief.</philosophy>
<operational_protocol>
  <Step number="1" name="Ingest">Read the `BRIEF`.</Step>
  <Step number="2" name="Risks">
    Generate a `RISKS` section. It MUST cover:
    - **Cost:** what it costs.
  </Step>
</operational_protocol>
"""
_KERNEL = {
    "system.md.j2": "You perform {{ persona.title }}.",
    "step.md.j2": "Step {{ step.id }} of {{ total }}: {{ step.instruction | block }}",
    "reask.md.j2": "Not accepted: {{ errors | join('; ') }}; wanted: {{ wanted }}",
}
_BRIEF = "The server costs 5 EUR a month.\n"


def _vendor(name: str, model: str) -> Vendor:
    """Return a vendor asked for a model; a compatible server has one model, whatever it is called."""
    match name:
        case "anthropic":
            return Anthropic(model)
        case "responses":
            return Responses(model)
        case "chat":
            return CHAT
        case "local":
            return LOCAL
        case _:
            raise ValueError(name)


def _with_digest(vendor: Vendor, body: dict[str, Any]) -> dict[str, Any]:
    schema = vendor.schema(body)
    digest = hashlib.sha256(json.dumps(schema, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    return dict(_replaced(body, schema, {"sha256": digest}))


def _replaced(node: Any, old: Any, new: Any) -> Any:
    if node is old:
        return new
    if isinstance(node, dict):
        return {key: _replaced(value, old, new) for key, value in node.items()}
    return [_replaced(value, old, new) for value in node] if isinstance(node, list) else node


def test_there_are_vectors() -> None:
    assert _VECTORS


@pytest.mark.parametrize("path", _VECTORS, ids=lambda path: path.stem)
def test_a_request_is_exactly_what_its_vector_says(path: Path, tmp_path: Path) -> None:
    vector = read_yaml(path)
    given, expect = vector["given"], vector["expect"]
    assert set(vector) == {"given", "expect"}
    assert set(given) == _GIVEN
    assert set(expect) == _EXPECT

    (tmp_path / "tiny").mkdir()
    for name, text in _KERNEL.items():
        (tmp_path / "tiny" / name).write_text(text, encoding="utf-8")
    persona = tmp_path / "tiny.persona.md"
    persona.write_text(_PERSONA, encoding="utf-8")

    vendor = _vendor(given["vendor"], given["model"])
    answers = [httpx2.Response(200, json=vendor.said(text)) for text in given["answers"]]
    server = Server(vendor, [*answers], always=lambda: httpx2.Response(401))
    with pytest.raises(ModelError):  # the answers end before the plan does
        Runtime(model=server.model, prompts=tmp_path, retry=NO_WAIT).run(str(persona), _BRIEF)

    request = server.requests[given["call"] - 1]
    assert str(request.url) == expect["url"]
    assert _with_digest(vendor, json.loads(request.content)) == expect["body"]
