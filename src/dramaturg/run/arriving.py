"""An answer while it arrives to the items that are complete; its one rule: it is read, never believed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import from_json

_EACH = 400  # characters between two readings, so that reading stays cheap beside writing


class Arriving:
    """Reads one answer as its pieces come.

    Args:
        tell: Told the number and the text of each item once it is complete.
    """

    def __init__(self, tell: Callable[[int, str], None]) -> None:
        self._tell = tell
        self._parts: list[str] = []
        self._length = 0
        self._read_at = 0
        self._told = 0

    def __call__(self, piece: str) -> None:
        """Take the next piece."""
        self._parts.append(piece)
        self._length += len(piece)
        if self._length - self._read_at < _EACH:
            return
        self._read_at = self._length
        whole = [*_items("".join(self._parts))][:-1]  # the last one may go on
        for number, text in enumerate(whole[self._told :], start=self._told + 1):
            self._tell(number, text)
        self._told = max(self._told, len(whole))


def _items(text: str) -> Iterator[str]:
    """Yield what each item of an unfinished answer says, in the envelope or in slots of their own."""
    try:
        data: Any = from_json(text.encode("utf-8", "replace"), allow_partial=True)  # of a character there may be half
    except ValueError:  # nothing that could be an answer yet; what is wrong with the whole is found when it is there
        return
    if not isinstance(data, Mapping):
        return
    items: Any = data.get("items")
    for item in items if isinstance(items, Sequence) else data.values():
        for each in item if isinstance(item, list) else [item]:
            if isinstance(each, Mapping) and isinstance(each.get("text"), str):
                yield each["text"] or str(each.get("command", ""))
