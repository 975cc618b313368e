"""What it costs to locate quotes: 500 in an artifact of one megabyte, true ones, invented ones, and the nearest.

`python -m tests.benchmarks.evidence [REPEATS]` prints the median of each stage in milliseconds.
"""

import random
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from tests.quotes import artifacts

from dramaturg.evidence.artifact import Artifact
from dramaturg.evidence.locate import Shelf, fold, proves_something
from dramaturg.evidence.nearest import nearest

_SIZE = 1_000_000
_QUOTES = 500
_NEAREST = 20
_WORDS_CHANGED = 0.3


def large_artifact() -> Artifact:
    """Return lines of the shipped cases in random order, many of their words made their own, one megabyte of them."""
    chance = random.Random(1)  # noqa: S311 - a benchmark, not a secret
    lines = [line for artifact in artifacts() for line in artifact.text.split("\n")]
    made: list[str] = []
    size = 0
    while size < _SIZE:
        words = chance.choice(lines).split(" ")
        made.append(
            " ".join(f"{word}{chance.randrange(1000)}" if chance.random() < _WORDS_CHANGED else word for word in words)
        )
        size += len(made[-1]) + 1
    return Artifact(id="large", text="\n".join(made))


def sampled_quotes(artifact: Artifact) -> list[str]:
    """Return quotes from all over an artifact."""
    lines = [line for line in artifact.text.split("\n") if line.count(" ") > 1 and proves_something(fold(line))]
    return random.Random(2).sample(lines, _QUOTES)  # noqa: S311 - as above


def _timed(stages: dict[str, list[float]], name: str, work: Callable[[], Any]) -> Any:
    begun = perf_counter()
    result = work()
    stages.setdefault(name, []).append(1000 * (perf_counter() - begun))
    return result


def _measure(stages: dict[str, list[float]], artifact: Artifact, quotes: list[str]) -> None:
    """Take the time of each stage once, from an artifact nobody has looked at."""
    shelf = Shelf([artifact])
    folded = shelf.of(artifact)
    invented = [" ".join([*quote.split(" ")[:-1], "zanzibar"]) for quote in quotes]
    _timed(stages, "fold the text and index its words, once", lambda: folded.folded.words)
    _timed(stages, "find its headings, once", lambda: folded.outline.heading_at(1))
    found = _timed(stages, f"locate {_QUOTES} quotes", lambda: [*map(folded.locate, quotes)])
    lost = _timed(stages, f"refuse {_QUOTES} invented quotes", lambda: [*map(folded.locate, invented)])
    assert None not in found
    assert not any(lost)
    few = invented[:_NEAREST]
    _timed(
        stages, f"name what comes nearest to {_NEAREST} of them", lambda: [nearest(each, folded, shelf) for each in few]
    )


def main(repeats: int) -> None:
    """Print the median time of each stage."""
    artifact = large_artifact()
    quotes = sampled_quotes(artifact)
    stages: dict[str, list[float]] = {}
    for _ in range(repeats):
        _measure(stages, artifact, quotes)
    print(f"{len(artifact.text):,} characters, {_QUOTES} quotes, median of {repeats}:")
    for name, times in stages.items():
        print(f"  {median(times):7.1f} ms  {name}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5)
