"""Batches that were sent to what of them is still out; its one rule: what goes out is written down before it does.

Notes stand between the answers in the file of the eval that asks, each a line of JSON: that a batch is about to be
sent, the id that the vendor gave it, and which of its questions came to nothing. What has neither an answer nor such a
note is out, for as long as the vendor keeps results; a batch without an id may have been sent or not.
"""

import json
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

NOTE = b'{"batch": "'
_KEPT = 29 * 86400.0  # seconds for which Anthropic keeps results; OpenAI keeps them a day longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A batch.

    Attributes:
        mark: What it is called here.
        model: Name of the model that is asked.
        keys: The keys of its questions, or of those that are still out.
        size: How many questions it was sent with.
        after: The vendor's id of the batch that was the newest before.
        at: When it was sent, in seconds since 1970.
        batch: The vendor's id; empty while it is not known.
    """

    mark: str
    model: str
    keys: tuple[str, ...]
    size: int
    after: str
    at: float
    batch: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the note that it is about to be sent."""
        said = {"model": self.model, "after": self.after, "at": self.at}
        return {"batch": self.mark, **said, "keys": [*self.keys]}

    def known_as(self, batch: str) -> dict[str, Any]:
        """Return the note of the vendor's id."""
        return {"batch": self.mark, "id": batch}

    def lost(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return the note of questions that came to nothing, and may be asked again."""
        return {"batch": self.mark, "lost": [*keys]}


def sent_in(lines: Iterable[bytes]) -> Iterator[Sent]:
    """Yield the batches that notes tell of, with the questions that did not come to nothing.

    Raises:
        ValueError, LookupError, TypeError: A note is damaged.
    """
    found: list[Sent] = []
    ids: dict[str, str] = {}
    lost: set[tuple[str, str]] = set()
    for said in map(json.loads, lines):  # in any order: an eval takes note of what another one has sent
        mark = said["batch"]
        if "keys" in said:
            found.append(_begun(said))
        elif "id" in said:
            ids[mark] = said["id"]
        else:
            lost |= {(mark, key) for key in said["lost"]}
    for sent in found:
        keys = tuple(key for key in sent.keys if (sent.mark, key) not in lost)
        yield replace(sent, keys=keys, batch=ids.get(sent.mark, ""))


def still_out(sent: Iterable[Sent], answered: Collection[str]) -> Iterator[Sent]:
    """Yield the batches of which an answer may still come, with the questions that it may answer."""
    for each in sent:
        keys = tuple(key for key in each.keys if key not in answered)
        if keys and time.time() - each.at < _KEPT:
            yield replace(each, keys=keys)


def new_sent(model: str, keys: Sequence[str], after: str) -> Sent:
    """Return a batch that is about to be sent; see `Sent`."""
    now = round(time.time(), 3)
    return Sent(mark=uuid4().hex, model=model, keys=tuple(keys), size=len(keys), after=after, at=now)


def _begun(said: Mapping[str, Any]) -> Sent:
    keys = tuple(said["keys"])
    return Sent(
        mark=said["batch"], model=said["model"], keys=keys, size=len(keys), after=said["after"], at=float(said["at"])
    )
