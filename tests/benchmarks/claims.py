"""How well doubtful claims are told from sound ones, on claims labelled by hand.

`python -m tests.benchmarks.claims` prints precision and recall over tests/claims/*.yaml, of all kinds and of each.
Labels: `true`; `version`, `name`, `port`, `command`: invented; `number`: another one than the quote's; `swapped`: said
of another part; `negated`; `offtopic`: the quote is true and has nothing to do with it. The rules were tuned on all
cases but the one held out, whose claims were written after that. `--judge MODEL` asks a model for its verdicts instead.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import yaml
from tests.support import ROOT

from dramaturg import load_persona
from dramaturg.data import prompts_root
from dramaturg.engine.brief import Respondent
from dramaturg.engine.calls import ModelCall, Reply
from dramaturg.engine.judging import Verdicts, verdicts_on
from dramaturg.evidence.artifact import MARKDOWN, PLAIN, Artifact
from dramaturg.evidence.claims import Claim, Doubt, Ledger
from dramaturg.models.model import Model
from dramaturg.models.spec import open_model, parse_spec
from dramaturg.plan.outputs import Judged
from dramaturg.run.kernels import load_kernel

CASES = ROOT / "evals" / "cases"
LABELLED = ROOT / "tests" / "claims"
TRUE = "true"
INVENTED = ("version", "name", "port", "command")
HELD_OUT = ("invoice-import",)


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A claim, what it cites, how it is wrong or `true`, and the doubts there are about it, if anybody looked."""

    case: str
    label: str
    text: str
    claim: Claim
    doubts: tuple[Doubt, ...]
    judged: bool = True


@dataclass(frozen=True, kw_only=True)
class Score:
    """How many of the claims that are wrong were doubted, and how many doubts were right."""

    wrong: int
    found: int
    false: int

    @property
    def precision(self) -> float:
        """The share of doubted claims that are wrong."""
        return self.found / (self.found + self.false) if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of wrong claims that are doubted."""
        return self.found / self.wrong if self.wrong else 0.0


def labelled_claims() -> list[Labelled]:
    """Return every labelled claim with its doubts."""
    found: list[Labelled] = []
    for path in sorted(LABELLED.glob("*.yaml")):
        ledger = _ledger(path.stem)
        for label, file, quote, text, *command in yaml.safe_load(path.read_text(encoding="utf-8")):
            named = ledger.shelf.get(file)
            citation = named.locate(quote) if named else None
            if citation is None:
                raise ValueError(f"{path.name}: {file} does not say: {quote}")
            claim = Claim(text=text, command="".join(command), citations=(citation,))
            found.append(
                Labelled(case=path.stem, label=label, text=text, claim=claim, doubts=tuple(ledger.doubts(claim)))
            )
    return found


def score(claims: Iterable[Labelled], kinds: Sequence[str] = (), rules: Sequence[str] = ()) -> Score:
    """Score the doubts of some rules on the wrong claims of some kinds (all, where none is named) and all true ones."""
    doubted = [
        (claim, any(not rules or doubt.rule in rules for doubt in claim.doubts))
        for claim in claims
        if claim.label == TRUE or not kinds or claim.label in kinds
    ]
    return Score(
        wrong=sum(claim.label != TRUE for claim, _ in doubted),
        found=sum(claim.label != TRUE and doubt for claim, doubt in doubted),
        false=sum(claim.label == TRUE and doubt for claim, doubt in doubted),
    )


def table(claims: Sequence[Labelled], rules: Sequence[str] = ("R307",)) -> str:
    """Return the figures as a table of Markdown; its first two rows look at some rules, or at all for none."""
    by_kind: Mapping[str, list[Labelled]] = defaultdict(list)
    for claim in claims:
        by_kind[claim.label].append(claim)
    by = f" ({', '.join(rules)})" if rules else ""
    held_out = [claim for claim in claims if claim.case in HELD_OUT]
    whole = [
        (f"invented versions, names, ports, commands{by}", score(claims, INVENTED, rules)),
        ("the same, in the case held out", score(held_out, INVENTED, rules)),
        ("wrong in any way, by any of the rules", score(claims)),
        ("the same, in the case held out", score(held_out)),
    ]
    lines = [
        "| claims that are | wrong | found | sound but doubted | precision | recall |",
        "|---|---|---|---|---|---|",
    ]
    for name, each in whole:
        figures = f"{each.wrong} | {each.found} | {each.false} | {each.precision:.2f} | {each.recall:.2f}"
        lines.append(f"| {name} | {figures} |")
    for kind in (*INVENTED, "number", "swapped", "negated", "offtopic"):
        each = score(by_kind[kind])
        lines.append(f"| – {kind} | {each.wrong} | {each.found} | | | {each.recall:.2f} |")
    return "\n".join(lines)


async def judged(name: str) -> list[Labelled]:
    """Return every labelled claim with a model's doubts in place of the rules'; what it does not judge has none."""
    model = await open_model(parse_spec(name), None)
    judge = Respondent(model=model.name, profile=model.profile)
    system = load_kernel(prompts_root(), load_persona("DPA-1")).judge()
    found: list[Labelled] = []
    try:
        for case, group in groupby(labelled_claims(), key=lambda each: each.case):
            claims = [*group]
            asking = verdicts_on([each.claim for each in claims], _ledger(case), judge, system)
            verdicts = await _answered(asking, model)
            found += [
                replace(each, doubts=_doubts(said), judged=said is not None)
                for each, said in zip(claims, verdicts, strict=True)
            ]
    finally:
        await model.aclose()
    return found


async def _answered(asking: Verdicts, model: Model) -> list[Judged | None]:
    reply: Reply | None = None
    while True:
        try:
            request = asking.send(reply)
        except StopIteration as stop:
            verdicts: list[Judged | None] = stop.value
            return verdicts
        assert isinstance(request, ModelCall)
        reply = await model.answer(request)


def _doubts(said: Judged | None) -> tuple[Doubt, ...]:
    doubted = said is not None and said.verdict in ("partly", "unsupported", "contradicted")
    return (Doubt(rule="R310", what=f"{said.verdict}: {said.because}"),) if said and doubted else ()


def _ledger(case: str) -> Ledger:
    return Ledger([_artifact(file) for file in sorted((CASES / case).iterdir())])


def _artifact(path: Path) -> Artifact:
    kind = MARKDOWN if path.suffix == ".md" else PLAIN
    return Artifact(id=path.name, text=path.read_text(encoding="utf-8"), media_type=kind)


def main(*arguments: str) -> None:
    """Print the figures, and each claim that is judged otherwise than its label."""
    judge = arguments[:1] == ("--judge",)
    claims = asyncio.run(judged(arguments[1])) if judge else labelled_claims()
    print(f"{len(claims)} claims, {sum(claim.label != TRUE for claim in claims)} of them wrong")
    print(f"{sum(not claim.judged for claim in claims)} were given no verdict\n" if judge else "")
    print(table(claims, ()) if judge else table(claims))
    print()
    for claim in claims:
        if bool(claim.doubts) == (claim.label == TRUE):
            doubts = "; ".join(doubt.what for doubt in claim.doubts) or "no doubt"
            print(f"{claim.case}, {claim.label}: {claim.text} – {doubts}")


if __name__ == "__main__":
    main(*sys.argv[1:])
