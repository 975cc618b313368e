"""Recorded answers that go with a suite; its one rule: the same answer stands once, however many questions it answers.

A file of JSON lines, a line for each question in the order of the suite. A question whose answer stands before in the
file, as that of each repeat does with a model that does not vary, names the question there: `{"key": …, "like": …}`.
Unlike the answers in the user's state the file is written whole, by `eval record`, and is a part of the repository.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from dramaturg.engine.calls import ModelReply, Usage
from dramaturg.errors import CallerError, JournalMiss

_LINE = re.compile(rb'\{"key": "(?P<key>[0-9a-f]{64})"(?:, "like": "(?P<like>[0-9a-f]{64})"\}$)?')
# What else than the reply makes two lines say the same; a record without a window says that its model's name tells it.
_KEPT = ("case", "step", "attempt", "model", "parts", "window")
_NEEDED = ("case", "step", "model", "parts", "seconds", "reply")
_USUAL = {field.name: field.default for field in fields(ModelReply)} | {"usage": Usage()}
_NO_USAGE = {field.name: field.default for field in fields(Usage)}
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)  # what a damaged record fails with


class Answers:
    """The answers in a file.

    Args:
        text: What it says; lines that are no answers, such as those of a merge that is undecided, are passed over.
        name: What an error calls it.
        past: Whether it is of a revision, where nothing can be mended: there what is damaged was never recorded.
    """

    def __init__(self, text: bytes, name: str, *, past: bool = False) -> None:
        self._name = name
        self._past = past
        self._homes: dict[str, str] = {}  # the key under which its answer stands, by the key of each question
        self._lines: dict[str, tuple[int, bytes]] = {}  # with its number
        for number, line in enumerate(text.splitlines(), start=1):
            found = _LINE.match(line)
            if found:
                key = found["key"].decode()
                self._homes[key] = found["like"].decode() if found["like"] else key
                if not found["like"]:
                    self._lines[key] = number, line

    def get(self, key: str) -> Mapping[str, Any] | None:
        """Return the record of a question; None if it has none. JournalMiss if it is damaged."""
        number, line = self._lines.get(self._homes.get(key, key), (0, b""))
        if not line:
            return None
        try:
            return {**_read(line), "key": key}
        except UNREADABLE as error:
            if self._past:
                return None
            raise damaged_line(f"{self._name}:{number}", error, "`eval record` asks for it anew") from error

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        """Yield the record of each question, in the order of the file, without those that are damaged."""
        for key in self._homes:
            with suppress(JournalMiss):
                record = self.get(key)
                if record is not None:
                    yield record

    def __len__(self) -> int:
        return len(self._homes)

    @property
    def different(self) -> Iterator[Mapping[str, Any]]:
        """The records of the questions whose answers are given with them, without those that are damaged."""
        for _, line in self._lines.values():
            try:
                record = _read(line)
            except UNREADABLE:
                continue
            yield record


def read_answers(path: Path) -> Answers:
    """Return the answers in a file; none if there is no such file."""
    try:
        return Answers(path.read_bytes() if path.is_file() else b"", str(path))
    except OSError as error:
        raise CallerError(f"`{path}` cannot be read: {error.strerror or error}") from error


def whole_record(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record as it is; one of `UNREADABLE` is raised if it cannot be used."""
    lacking = [name for name in _NEEDED if name not in record]
    if lacking:
        raise LookupError(f"it has no `{lacking[0]}`")
    reply_of(record["reply"])
    return record


def reply_of(data: Mapping[str, Any]) -> ModelReply:
    """Return an answer from what is recorded of it."""
    return ModelReply(**{**data, "usage": Usage(**data["usage"])})


def damaged_line(place: str, error: Exception, then: str) -> JournalMiss:
    """Return the error of a recorded answer that cannot be read.

    Args:
        place: File and line.
        error: What reading it failed with.
        then: What becomes of the answer once the line is removed.
    """
    return JournalMiss("", f"{place}: the recorded answer is damaged ({error}); remove the line, then {then}")


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


def _read(line: bytes) -> Mapping[str, Any]:
    record: Mapping[str, Any] = json.loads(line)
    return whole_record({**record, "reply": _whole(record["reply"])})


def _whole(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    usual = {name: value for name, value in _USUAL.items() if name != "text"}
    return {**usual, **reply, "usage": {**_NO_USAGE, **reply.get("usage", {})}}
