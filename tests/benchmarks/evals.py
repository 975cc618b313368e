"""What an eval costs beside its model: CPU time for each performance, and memory.

Run it: `python -m tests.benchmarks.evals [cases]`. Every figure is that of a process of its own, its start included.

| row | what it does |
|---|---|
| trivial | a persona of one step, one arm, a model that answers at once, one scorer, nothing recorded before |
| DPA-1 | two arms that ask different questions from step 4 on, strict replay, scored and gated |

For the trivial cases, pydantic-evals and inspect do the like beside it where they are installed, in turn with it:
a text that a function or a mock model answers at once, and one scorer that looks for a word. Their figures are medians
of some rounds, each with what a single case costs, since that is what starting takes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import yaml
from tests.support import BLUEPRINT, ROOT

_CASES = 500
_ROUNDS = 3
_COMPILED = Path(tempfile.gettempdir()) / "dramaturg-benchmark-pycache"
_MANY = (1_000, 10_000)
_PERSONA = """---
alias: trivial-1
title: Trivial
expected_artifacts:
  - id: note
---
<operational_protocol>
<Step number="1" name="Tell">Produce a `SUMMARY` section. It MUST cover:
- **Port:** The port that the gateway listens on.
</Step>
</operational_protocol>
"""
_MEASURED = """
import resource, sys
{program}
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)
"""
_SCRIPTED = """
import json
from pathlib import Path
from dramaturg.evals import Terms, run_suite
from dramaturg.models.scripted import ScriptedModel
item = {{"text": "It listens on 8080.", "command": "", "expect": "", "cells": [], "covers": ["Port"],
    "basis": "evidence", "file": {{"path": "", "language": "", "content": ""}},
    "evidence": [{{"artifact": "NOTE", "quote": "the gateway listens on port 8080"}}]}}
answer = json.dumps({{"notes": "", "signals": [], "questions": [], "items": [item]}})
result = run_suite(Path("some.suite.yaml"), Terms(models=[ScriptedModel(lambda call: answer)]))
assert {{record.outcome for record in result.records}} == {{"pass"}}
"""
_OURS = """
import os
sys.argv = ["dramaturg", *{arguments}]
from dramaturg.__main__ import main
sys.stdout = open(os.devnull, "w")
try:
    main()
except SystemExit as ended:
    assert ended.code in (0, 6), ended.code
"""
_PYDANTIC = """
from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import Contains
cases = [Case(name=str(n), inputs=f"note {{n}}", evaluators=[Contains("8080")]) for n in range({cases})]
async def task(text):
    return text + " listens on port 8080"
Dataset(cases=cases, name="trivial").evaluate_sync(task, progress=False)
"""
_INSPECT = """
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate
samples = [Sample(input=f"note {{n}}", target="8080") for n in range({cases})]
outputs = [ModelOutput.from_content("mockllm/model", "It listens on port 8080.") for _ in samples]
for output in outputs:  # else the mock model counts tokens, for which it fetches a table
    output.usage = ModelUsage(input_tokens=6, output_tokens=6, total_tokens=12)
model = get_model("mockllm/model", custom_outputs=outputs)
(log,) = eval(Task(dataset=samples, solver=generate(), scorer=includes()), model=model, display="none", log_dir="logs")
assert log.results.completed_samples == {cases}
assert log.results.scores[0].metrics["accuracy"].value == 1
"""
_PEERS = {"pydantic-evals": ("pydantic_evals", _PYDANTIC), "inspect": ("inspect_ai", _INSPECT)}


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds, and megabytes of memory at the most."""

    wall: float
    cpu: float
    memory: float


def _measured(program: str, folder: Path) -> Cost:
    environment = {**os.environ, "DRAMATURG_STATE": str(folder / "state"), "PYTHONPYCACHEPREFIX": str(_COMPILED)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED.format(program=program)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    cpu, memory = map(float, done.stderr.split("\n")[-2].split())
    return Cost(time.monotonic() - began, cpu, memory)


def _eval(folder: Path, *arguments: str) -> Cost:
    return _measured(_OURS.format(arguments=json.dumps(["eval", "run", "-q", *arguments])), folder)


def _suite(folder: Path, persona: str, artifacts: Sequence[dict[str, object]], **more: object) -> None:
    cases = [{"id": f"case {number}", "artifacts": each} for number, each in enumerate(artifacts)]
    text = yaml.safe_dump({"personas": persona, "cases": cases, **more}, sort_keys=False)
    (folder / "some.suite.yaml").write_text(text, encoding="utf-8")


def _trivial(folder: Path, count: int) -> Cost:
    (folder / "personas").mkdir(exist_ok=True)
    (folder / "personas" / "trivial-1.persona.md").write_text(_PERSONA, encoding="utf-8")
    notes = [f"Service {number}: the gateway listens on port 8080.\n" for number in range(count)]
    _suite(folder, "trivial-1", [{"note": {"text": note}} for note in notes], scorers=[{"contains": "8080"}])
    return _measured(_SCRIPTED.format(), folder)


def _dpa(folder: Path, count: int) -> Cost:
    """Record both arms of DPA-1 on as many blueprints, and replay them."""
    shipped = (ROOT / "personas" / "dpa-1.persona.md").read_text(encoding="utf-8")
    (folder / "personas").mkdir()
    persona = folder / "personas" / "dpa-1.persona.md"
    persona.write_text(shipped, encoding="utf-8")
    blueprint = BLUEPRINT.read_text(encoding="utf-8")
    for number in range(count):
        own = blueprint.replace("Parcel", f"Parcel {number}").replace("parcel-db", f"parcel-db-{number}")
        (folder / f"blueprint-{number}.md").write_text(own, encoding="utf-8")
    _suite(folder, "DPA-1", [{"architectural_blueprint": f"blueprint-{number}.md"} for number in range(count)])
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@b.example"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "as it was"]):
        subprocess.run([*git, *command], check=True)
    persona.write_text(shipped.replace("Specific commands", "Exact commands"), encoding="utf-8")
    _eval(folder, "some.suite.yaml", "--baseline", "HEAD")
    return _eval(folder, "some.suite.yaml", "--baseline", "HEAD", "--replay", "strict")


def _beside(count: int) -> None:
    """Measure the trivial cases beside other tools, in turn."""
    tools: Mapping[str, Callable[[Path, int], Cost]] = {
        "dramaturg": _trivial,
        **{name: _peer(program) for name, (module, program) in _PEERS.items() if find_spec(module)},
    }
    found: dict[tuple[str, int], list[Cost]] = {(name, cases): [] for name in tools for cases in (1, count)}
    for _ in range(_ROUNDS):
        for (name, cases), costs in found.items():
            with tempfile.TemporaryDirectory() as folder:
                costs.append(tools[name](Path(folder), cases))
    ours = _median(found["dramaturg", count])
    for name in tools:
        alone, all_of_them = _median(found[name, 1]), _median(found[name, count])
        _told(f"{name}, {count:,} trivial cases", all_of_them, count)
        more = 1000 * (all_of_them.cpu - alone.cpu) / (count - 1)
        ratio = f"x{all_of_them.cpu / ours.cpu:.1f} of the CPU time of dramaturg"
        print(f"    {ratio}; one case {alone.cpu:.2f} s, each case more {more:.2f} ms")


def _peer(program: str) -> Callable[[Path, int], Cost]:
    return lambda folder, cases: _measured(program.format(cases=cases), folder)


def _median(costs: Sequence[Cost]) -> Cost:
    """Return the round in the middle, by CPU time."""
    return sorted(costs, key=lambda cost: cost.cpu)[len(costs) // 2]


def _told(name: str, cost: Cost, performances: int) -> None:
    each = 1000 * cost.cpu / performances
    print(f"{name:<34} {cost.wall:7.2f} s wall {cost.cpu:7.2f} s CPU {each:7.2f} ms each {cost.memory:6.0f} MB")


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if sys.argv[1:] else _CASES
    _beside(count)
    with tempfile.TemporaryDirectory() as name:
        _told(f"DPA-1, {count:,} cases, two arms", _dpa(Path(name), count), 2 * count)
    for many in _MANY if count == _CASES else ():
        with tempfile.TemporaryDirectory() as name:
            _told(f"trivial, {many:,} cases", _trivial(Path(name), many), many)


if __name__ == "__main__":
    main()
