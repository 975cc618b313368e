"""What was answered before an eval; its one rule: what a replay must know of a model stands with what it answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dramaturg.evals.answers import Answers
from dramaturg.evals.replies import readable_in
from dramaturg.run.locks import there


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What is recorded.

    Attributes:
        answers: Those that go with the suite, in the order in which they count; before those in the folder.
        folder: Where answers in the user's state are.
    """

    answers: tuple[Answers, ...]
    folder: Path

    def goes_with_suite(self, model: str) -> bool:
        """Tell whether answers of a model go with the suite."""
        return any(True for _ in self._with_suite(model))

    def window(self, model: str) -> int | None:
        """Return the window that a model had when it was asked last; None where that is not recorded."""
        for records in (self._with_suite(model), self._in_state(model)):
            windows = [record["window"] for record in records if "window" in record]
            if windows:
                return int(windows[-1])
        return None

    def _with_suite(self, model: str) -> Iterator[Mapping[str, Any]]:
        """Yield the records of a model that go with the suite, those of the work tree last."""
        return (record for each in reversed(self.answers) for record in each.different if record["model"] == model)

    def _in_state(self, model: str) -> Iterator[Mapping[str, Any]]:
        """Yield the records of a model that can be read, those last of which the file was written last."""
        for path, _ in sorted(there(self.folder.glob("*.jsonl")), key=lambda each: each[1].st_mtime):
            yield from (record for record in readable_in(path) if record.get("model") == model)
