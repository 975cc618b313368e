"""How long the command takes to say anything, beside a bare interpreter, taken in one run.

Run it: `python -m tests.benchmarks.startup [rounds]`.
"""

import statistics
import subprocess
import sys
import time

_COMMANDS = {
    "bare interpreter": [sys.executable, "-c", "pass"],
    "dramaturg --help": [sys.executable, "-m", "dramaturg", "--help"],
    "dramaturg check": [sys.executable, "-m", "dramaturg", "check"],
}


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def _main(rounds: int) -> None:
    taken: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for _ in range(rounds):
        for name, command in _COMMANDS.items():
            taken[name].append(_seconds(command))
    base = statistics.median(taken["bare interpreter"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name}: {median * 1000:.0f} ms, x{median / base:.1f}")


if __name__ == "__main__":
    _main(int(sys.argv[1]) if sys.argv[1:] else 15)
