"""Recorded answers that go with a suite; its one rule: the same answer stands once, however many questions it answers.

A file of JSON lines, a line for each question in the order of the suite. A question whose answer stands before in the
file, as that of each repeat does with a model that does not vary, names the question there: `{"key": …, "like": …}`.
Unlike the answers in the user's state the file is written whole, by `eval record`, and is a part of the repository.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from dramaturg.engine.calls import ModelReply, Usage
from dramaturg.errors import CallerError, JournalMiss

_LINE = re.compile(rb'\{"key": "(?P<key>[0-9a-f]{64})"(?:, "like": "(?P<like>[0-9a-f]{64})"\}$)?')
# What else than the reply makes two lines say the same; a record without a window says that its model's name tells it.
_KEPT = ("case", "step", "attempt", "model", "parts", "window")
_USUAL = {field.name: field.default for field in fields(ModelReply)} | {"usage": Usage()}
_NO_USAGE = {field.name: field.default for field in fields(Usage)}


class Answers:
    """The answers in a file.

    Args:
        text: What it says; lines that are no answers, such as those of a merge that is undecided, are passed over.
        name: What an error calls it.
    """

    def __init__(self, text: bytes, name: str) -> None:
        self._name = name
        self._homes: dict[str, str] = {}  # the key under which its answer stands, by the key of each question
        self._lines: dict[str, bytes] = {}
        for line in text.splitlines():
            found = _LINE.match(line)
            if found:
                key = found["key"].decode()
                self._homes[key] = found["like"].decode() if found["like"] else key
                if not found["like"]:
                    self._lines[key] = line

    def get(self, key: str) -> Mapping[str, Any] | None:
        """Return the record of a question; None if it has none. JournalMiss if it is damaged."""
        line = self._lines.get(self._homes.get(key, key))
        return None if line is None else {**self._read(line), "key": key}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yield the record of each question, in the order of the file."""
        yield from filter(None, map(self.get, self._homes))

    def __len__(self) -> int:
        return len(self._homes)

    @property
    def different(self) -> Iterator[Mapping[str, Any]]:
        """The records of the questions whose answers are given with them."""
        return map(self._read, self._lines.values())

    def _read(self, line: bytes) -> Mapping[str, Any]:
        try:
            record: Mapping[str, Any] = json.loads(line)
            return {**record, "reply": _whole(record["reply"])}
        except (ValueError, LookupError, TypeError) as error:
            remedy = "`eval record` writes it anew once the line is removed"
            raise JournalMiss("", f"the recorded answers in `{self._name}` are damaged ({error}); {remedy}") from error


def read_answers(path: Path) -> Answers:
    """Return the answers in a file; none if there is no such file."""
    try:
        return Answers(path.read_bytes() if path.is_file() else b"", str(path))
    except OSError as error:
        raise CallerError(f"`{path}` cannot be read: {error.strerror or error}") from error


def answers_text(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Return what a file of answers says, a line each, in the order given."""
    firsts: dict[str, str] = {}
    lines = []
    for record in records:
        said = {name: record[name] for name in _KEPT if name in record}
        same = json.dumps([said, record["reply"]], sort_keys=True)
        first = firsts.setdefault(same, record["key"])
        asked = {"seconds": round(record["seconds"], 3), **({"batch": True} if record.get("batch") else {})}
        whole = {"key": record["key"], **said, **asked, "reply": _short(record["reply"])}
        lines.append(whole if first == record["key"] else {"key": record["key"], "like": first})
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return text.encode("utf-8", "surrogatepass")  # half a character, which a model may write, is kept as it is


def _short(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a reply without what replies usually say."""
    usage = {name: count for name, count in reply["usage"].items() if count}
    said = {**reply, "usage": usage}
    return {name: said[name] for name, usual in _USUAL.items() if said[name] not in (usual, {})}


def _whole(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    usual = {name: value for name, value in _USUAL.items() if name != "text"}
    return {**usual, **reply, "usage": {**_NO_USAGE, **reply.get("usage", {})}}
