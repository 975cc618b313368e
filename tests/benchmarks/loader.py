"""What loading personas costs, beside the loaders of other prompt formats, taken in one run on one core.

Run it: `python -m tests.benchmarks.loader [rounds]`. Figures are medians over rounds unless said otherwise. The peers
are measured where they are installed: `pip install prompty dotpromptz llm`. A peer reads one file that holds DPA-1's
body; none of them has inheritance, places or a plan.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dramaturg.data import personas_root
from dramaturg.persona.library import Library
from dramaturg.persona.model import PersonaFile
from dramaturg.persona.reading import persona_files
from dramaturg.persona.resolve import resolve
from dramaturg.persona.scan import scan
from dramaturg.plan.compile import compile_plan

_CHAIN = {
    "DPA-1": "dpa-1.persona.md",
    "btaa-1": "btaa-1.persona.md",
    "codegen-standards-1": "codegen-standards-1.mixin.md",
}
_COUNT = 1000
_LOADER = "dramaturg.persona.library"
_PEERS: Mapping[str, str] = {"prompty": "prompty", "dotpromptz": "dotpromptz", "llm": "llm.templates"}
_REST = 2.1  # seconds after which the index trusts a file's times
_IMPORT = """
import sys, time
began = time.perf_counter()
import {module}
print(time.perf_counter() - began, *(name for name in ("pydantic", "jinja2", "click") if name in sys.modules))
"""
_COMMAND = """
import sys
from dramaturg.cli.main import main
sys.argv = ["dramaturg", *{arguments!r}]
main()
"""
_PEAK = """
import atexit, sys
atexit.register(lambda: sys.stderr.write(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]))
"""
_LARGE: Mapping[str, str] = {
    "10 MB of prose": "word " * 2_000_000,
    "4 MB of prose": "word " * 800_000,
    "100 KB of unclosed steps": "<operational_protocol>\n" + "<Step>Look.\n" * 8_000,
    "100 KB of stray closers": "</Step>\n" * 12_000,
    "100 KB of unclosed comments": "<!-- \n" * 16_000,
}


def _timed(work: Callable[[], object], rounds: int) -> float:
    """Return the median of a call in milliseconds, the first not counted."""
    work()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def _fresh(program: str) -> tuple[float, float, str]:
    """Return the seconds and the megabytes that a fresh interpreter takes, and what it prints."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _PEAK + program], capture_output=True, text=True, check=False)
    return time.perf_counter() - began, int(done.stderr.split()[-1]) / 1024, done.stdout


def _check(path: Path, cache: Path) -> tuple[float, float, list[Any]]:
    """Return the seconds and the megabytes that a check takes for which nothing is known yet, and its findings."""
    os.environ["DRAMATURG_CACHE"] = str(cache)
    seconds, memory, said = _fresh(_COMMAND.format(arguments=["check", str(path), "--json"]))
    return seconds, memory, json.loads(said)


def _imports(rounds: int) -> None:
    """Print what importing the loader costs a fresh interpreter, beside the peers."""
    installed = {peer: module for peer, module in _PEERS.items() if find_spec(peer)}
    said = {
        module: [_fresh(_IMPORT.format(module=module))[2].split() for _ in range(rounds + 1)][1:]
        for module in (_LOADER, *installed.values())
    }
    base = statistics.median(float(words[0]) for words in said[_LOADER])
    for module, runs in said.items():
        seconds = statistics.median(float(words[0]) for words in runs)
        brought = f", brings {' '.join(runs[0][1:])}" if runs[0][1:] else ""
        print(f"import {module}: {seconds * 1000:.0f} ms, x{seconds / base:.1f}{brought}")


def _one_persona(rounds: int) -> None:
    """Print what it takes to get from DPA-1's files to its plan, and what the peers take to read one file."""
    texts = {alias: (name, (personas_root() / name).read_text(encoding="utf-8")) for alias, name in _CHAIN.items()}
    files = {alias: scan(*text) for alias, text in texts.items()}

    def planned(lookup: Callable[[str], PersonaFile]) -> None:
        persona, _ = resolve(lookup("DPA-1"), lookup)
        assert persona is not None
        compile_plan(persona)

    def from_disk() -> None:
        compile_plan(Library((personas_root(),)).load(str(personas_root() / _CHAIN["DPA-1"])))

    whole = _timed(lambda: planned(lambda alias: scan(*texts[alias])), rounds)
    parsed = _timed(lambda: planned(files.__getitem__), rounds)
    one = _timed(lambda: scan(*texts["DPA-1"]), rounds)
    print(f"DPA-1 and its two bases, scan + resolve + compile: {whole:.2f} ms")
    print(f"  scanning {whole - parsed:.2f}, resolving and compiling {parsed:.2f} ms")
    count, disk = len(persona_files(personas_root())), _timed(from_disk, rounds)
    print(f"  from disk, the index of {count} files included: {disk:.2f} ms")
    print(f"DPA-1's file alone, scan: {one:.2f} ms")
    body = texts["DPA-1"][1].split("---\n", 2)[2]
    with tempfile.TemporaryDirectory() as folder:
        for peer in _PEERS:
            if not find_spec(peer):
                print(f"  {peer}: not installed")
                continue
            taken = _timed(_PEER_LOADERS[peer](body, Path(folder)), rounds)
            print(f"  {peer} reads the same body: {taken:.2f} ms, x{taken / one:.1f}")


def _prompty(body: str, folder: Path) -> Callable[[], Any]:
    path = folder / "dpa-1.prompty"
    path.write_text(
        f"---\nname: DPA-1\ndescription: A plan.\nmodel:\n  api: chat\n---\nsystem:\n{body}", encoding="utf-8"
    )
    load = import_module("prompty").load
    return lambda: load(path)


def _dotprompt(body: str, folder: Path) -> Callable[[], Any]:
    del folder
    prompt = import_module("dotpromptz").Dotprompt()
    text = f"---\nmodel: m\ninput:\n  schema:\n    blueprint: string\n---\n{body}"
    return lambda: prompt.parse(text)


def _llm(body: str, folder: Path) -> Callable[[], Any]:
    path = folder / "dpa-1.yaml"
    block = "".join(f"  {line}\n" if line else "\n" for line in body.strip().split("\n"))
    path.write_text(f"prompt: $input\nsystem: |\n{block}", encoding="utf-8")
    load = import_module("llm.cli").load_template
    return lambda: load(str(path))


_PEER_LOADERS: Mapping[str, Callable[[str, Path], Callable[[], Any]]] = {
    "prompty": _prompty,
    "dotpromptz": _dotprompt,
    "llm": _llm,
}


def _many(folder: Path, rounds: int) -> None:
    """Print what a thousand files cost: all checked, and listed with and without an index."""
    root = folder / "personas"
    root.mkdir()
    size = sum(_write(root, number) for number in range(_COUNT))
    kinds = f"{_COUNT:,} files of {size / _COUNT / 1024:.1f} KiB"
    base_seconds, base_memory, _ = _fresh("pass")
    _check(root, folder / "first")  # its bytecode is written
    cold = [_check(root, folder / f"cache-{number}") for number in range(min(rounds, 5))]
    seconds, memory = (statistics.median(column) for column in zip(*(run[:2] for run in cold), strict=True))
    print(f"check of {kinds}, {len(cold[0][2]):,} findings: {seconds:.2f} s, {memory:.0f} MB")
    print(f"  a bare interpreter takes {base_seconds:.2f} s, {base_memory:.0f} MB")
    time.sleep(_REST)
    _index(root, folder / "index", rounds)


def _index(root: Path, cache: Path, rounds: int) -> None:
    os.environ["DRAMATURG_CACHE"] = str(cache)

    def found() -> None:
        library = Library((root,))
        assert len(library.entries) == _COUNT
        library.find("P-500")

    def anew() -> None:
        for path in (cache / "index").glob("*"):
            path.unlink()
        found()

    cold = _timed(anew, min(rounds, 5))
    warm = _timed(found, rounds)
    print(f"index of them: {cold:.0f} ms when all are read, {warm:.1f} ms when none has changed, x{cold / warm:.0f}")


def _write(root: Path, number: int) -> int:
    """Write a persona no other is like: a shipped one under an alias of its own, in another dialect, with faults."""
    chance = random.Random(number)  # noqa: S311 - the same files each time
    source = chance.choice(persona_files(personas_root()))
    text = source.read_text(encoding="utf-8")
    alias = f"P-{number}"
    text = "\n".join(f"alias: {alias}" if line.startswith("alias:") else line for line in text.split("\n"))
    for change in chance.sample(_CHANGES, 2):
        text = change(text, chance)
    path = root / f"{chance.choice('abcdefgh')}" / f"p-{number}.persona.md"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    return len(text.encode())


def _without_a_closer(text: str, chance: random.Random) -> str:
    closers = [name for name in ("</Step>", "</philosophy>", "</primary_directive>") if name in text]
    return text.replace(chance.choice(closers), "", 1) if closers else text


_CHANGES: Sequence[Callable[[str, random.Random], str]] = (
    lambda text, _: text,
    lambda text, _: text.replace("\n", "\r\n"),
    lambda text, _: text.replace("<philosophy>", "<SECTION:PHILOSOPHY>").replace("</philosophy>", "</SECTION>"),
    lambda text, chance: text.replace("version: 1.0.0", f"version: {chance.randint(1, 9)}.0"),
    lambda text, chance: text + f"\n<!-- {'remark ' * chance.randint(1, 200)} -->\n",
    lambda text, chance: text.replace("title: ", f"reviewed_by: {chance.random()}\ntitle: ", 1),
    lambda text, chance: text.replace("Produce", chance.choice(["Write", "Draft", "Create"])),
    _without_a_closer,
)


def _large(folder: Path) -> None:
    """Print what a check of a file costs that is too large, or as large as can be and made to be hard."""
    path = folder / "large.persona.md"
    for name, body in _LARGE.items():
        path.write_text(f"---\nalias: large-1\ntitle: Large\n---\n{body}", encoding="utf-8")
        seconds, memory, found = _check(path, folder / "large")
        print(f"check of {name}: {seconds:.1f} s, {memory:.0f} MB, findings: {len(found):,}")


def _main(rounds: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DRAMATURG_CACHE"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        _imports(min(rounds, 10))
        _one_persona(rounds * 10)
        _many(Path(folder), rounds)
        _large(Path(folder))


if __name__ == "__main__":
    _main(int(sys.argv[1]) if sys.argv[1:] else 20)
