"""What an eval amounts to, just performed or read from its file; its one rule: both say the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dramaturg.errors import AuthorError, JournalMiss
from dramaturg.evals.arms import Arm, frozen_arm
from dramaturg.evals.edits import edits_between
from dramaturg.evals.gate import Asked, Decision, compare_records, decision_of, pair_names
from dramaturg.evals.judging.standings import Standing, standing_of_data
from dramaturg.evals.reading import SuiteFile, parse_suite
from dramaturg.evals.records import Arm as ArmName
from dramaturg.evals.records import Record
from dramaturg.evals.runs import Recorded, suite_path
from dramaturg.evals.stage import Pair, pairs_of
from dramaturg.evals.statistics.sequential import shuffled_pairs
from dramaturg.evals.suite import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What an eval amounts to.

    Attributes:
        run: Its id, by which `report` finds it.
        path: The file of its records.
        suite: The suite.
        records: Of every performance.
        arms: What was performed.
        decision: Whether the edit is worse; None without a baseline.
        asked: Questions that were asked for it, before it was killed as well.
        usd: Dollars they cost; None where a price is not known.
        planned: How many pairs it would be if it had not stopped early.
        judges: What is known of who judged, by metric.
    """

    run: str
    path: Path
    suite: SuiteFile
    records: tuple[Record, ...]
    arms: Mapping[ArmName, Arm]
    decision: Decision | None
    asked: int
    usd: float | None
    planned: int
    judges: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def needed(self) -> int:
        """Questions that there are, each counted once."""
        return len({key for record in self.records for key in record.keys})

    @property
    def errors(self) -> int:
        """Performances that the machinery failed."""
        return sum(record.outcome == "error" for record in self.records)

    @property
    def lost(self) -> bool:
        """Whether the machinery failed half of the performances of an arm, or more: nothing is known then."""
        for arm in self.arms:
            own = [record for record in self.records if record.arm == arm]
            if own and 2 * sum(record.outcome == "error" for record in own) >= len(own):
                return True
        return False


def ordered(suite: Suite, pairs: Sequence[Pair], repeats: int, seed: int) -> list[Pair]:
    """Return pairs in the random order in which a sequential eval asks for them."""
    named = dict(zip(pair_names(suite, pairs), pairs, strict=True))
    cases = dict.fromkeys(case for case, _ in named)
    return [named[each] for each in shuffled_pairs(cases, repeats, seed=seed)]


def evaluated_from(recorded: Recorded) -> Evaluated:
    """Return what the file of an eval amounts to; JournalMiss if this version cannot tell."""
    header = recorded.header
    try:
        file = parse_suite(suite_path(header), header["suite"]["text"])
        gate = file.suite.gate.model_copy(update={"sequential": header["sequential"]})
        suite = file.suite.model_copy(update={"gate": gate})
        chosen = [at for at, case in enumerate(suite.cases) if case.id in {*header["cases"]}]
        pairs = pairs_of(suite, chosen, header["models"], header["repeats"])
        judges = {metric: standing_of_data(said) for metric, said in header.get("judges", {}).items()}
        arms = {name: frozen_arm(said, recorded.path, suite.personas) for name, said in header["arms"].items()}
    except (AuthorError, LookupError, TypeError) as error:
        raise JournalMiss("", f"`{recorded.path}` was written by another version; run the eval again") from error
    order = None
    if suite.gate.sequential and "baseline" in arms:
        order = pair_names(suite, ordered(suite, pairs, header["repeats"], header["seed"]))
    end: Mapping[str, Any] = recorded.end or {"asked": sum(record.new for record in recorded.records), "usd": None}
    return Evaluated(
        run=recorded.run,
        path=recorded.path,
        suite=SuiteFile(path=file.path, text=file.text, suite=suite),
        records=recorded.records,
        arms=arms,
        decision=_decision(suite, recorded, arms, judges, order),
        asked=end["asked"],
        usd=end["usd"],
        planned=len(pairs),
        judges=judges,
    )


def _decision(
    suite: Suite,
    recorded: Recorded,
    arms: Mapping[ArmName, Arm],
    judges: Mapping[str, Standing],
    order: Sequence[Asked] | None,
) -> Decision | None:
    if "baseline" not in arms:
        return None
    verdict = compare_records(suite, recorded.records, judges=judges, seed=recorded.header["seed"], order=order)
    return decision_of(recorded.records, verdict, edits_between(arms["baseline"], arms["candidate"]))
