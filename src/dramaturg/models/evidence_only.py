"""The artifacts' own words as an answer; its one rule: quote or say that it is missing, never write.

For each requirement it takes the passages that answer it best; a requirement that no passage answers is declared
missing. Deterministic, free, and nothing leaves the machine.
"""

import re
from collections.abc import Iterator
from textwrap import shorten

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.evidence.artifact import Artifact, Passage
from dramaturg.evidence.claims import denies
from dramaturg.evidence.retrieve import Index
from dramaturg.models.profiles import quoting
from dramaturg.models.watch import Watch
from dramaturg.plan.model import Requirement
from dramaturg.plan.outputs import Evidence, Item, StepOutput

_ANSWERS = 0.25  # between what the example's answered demands reach (0.26) and its unanswered one (0.13)
_SAME_PURPOSE = 0.9
_PASSAGES = 8
_PASSAGES_OF_A_SECTION = 24
_MAX_QUOTE = 1200
_MAX_EVIDENCE = 8
_MAX_BLOCKS = 3  # as many as fit a command
_MAX_TEXT = 3000
_SENTENCE = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s")
_SHELLS = ("sh", "bash", "shell", "console", "zsh")


class EvidenceModel:
    """The embedded default: no language model."""

    name = "evidence"
    destination = "no language model; nothing leaves this machine"

    def __init__(self) -> None:
        self.profile = quoting()
        self._indexed: tuple[Artifact, ...] = ()
        self._index: Index | None = None

    async def answer(self, call: ModelCall, watch: Watch | None = None) -> ModelReply:
        """Answer a call with quotes from its artifacts, all at once."""
        del watch
        index = self._index_of(call.artifacts)
        demands = [requirement for requirement in call.owes if not requirement.whole_section] or call.owes
        items = tuple(item for requirement in demands for item in _answered(requirement, index))
        return ModelReply(text=StepOutput(items=items).model_dump_json(), model=self.name)

    async def aclose(self) -> None:
        """Drop the index."""
        self._indexed = ()
        if self._index:
            self._index.close()
            self._index = None

    def _index_of(self, artifacts: tuple[Artifact, ...]) -> Index:
        if self._index is None or self._indexed != artifacts:
            if self._index:
                self._index.close()
            self._index, self._indexed = Index(artifacts), artifacts
        return self._index


def _answered(requirement: Requirement, index: Index) -> Iterator[Item]:
    """Yield one item with the quotes that answer a requirement, or one that says it is missing."""
    limit = _PASSAGES_OF_A_SECTION if requirement.whole_section else _PASSAGES
    hits = index.search(requirement.text, at_least=_ANSWERS, limit=limit)
    hits = [hit for hit in hits if not denies(hit.passage.text, requirement.text)]
    best = max((hit.coverage for hit in hits), default=0)
    # A passage with a command that answers less well than another answers something else: `maintenance on` must not
    # bring `maintenance off` with it.
    hits = [hit for hit in hits if hit.coverage >= _SAME_PURPOSE * best or not _shell_block(hit.passage)]
    passages = [hit.passage for hit in hits] or index.called(requirement.id, limit=limit)
    if not passages:
        text = f"nothing in the artifacts answers this: {_demand(requirement)}"
        yield Item(text=text, covers=(requirement.id,), basis="missing")
        return
    blocks = [*dict.fromkeys(block for passage in passages if (block := _shell_block(passage)))][:_MAX_BLOCKS]
    quoted = sorted({*passages, *blocks}, key=lambda passage: (index.rank(passage), passage.first))
    for start in range(0, len(quoted), _MAX_EVIDENCE):
        lead = "From the artifacts:" if not start else "And:"
        yield Item(
            text=lead if requirement.whole_section else _demand(requirement),
            command="" if start else "\n".join(dict.fromkeys(block.text for block in blocks)),
            covers=(requirement.id,),
            basis="evidence",
            evidence=tuple(
                Evidence(artifact=passage.artifact, quote=_quotable(passage.text))
                for passage in quoted[start : start + _MAX_EVIDENCE]
            ),
        )


def _demand(requirement: Requirement) -> str:
    """Return the demand without its key, which is shown as the item's label; of a section's its first sentence."""
    text = shorten(requirement.text, _MAX_TEXT, placeholder=" …")
    if requirement.whole_section:
        return _SENTENCE.split(text, maxsplit=1)[0]
    if text.casefold().startswith(requirement.id.casefold()) and text[len(requirement.id) :].startswith(":"):
        return text[len(requirement.id) :].lstrip(": ")
    return text


def _quotable(text: str) -> str:
    """Return as much of a text as a quote may hold, in whole words."""
    return text if len(text) <= _MAX_QUOTE else text[:_MAX_QUOTE].rsplit(maxsplit=1)[0]


def _shell_block(passage: Passage) -> Passage | None:
    """Return the shell commands a passage is or introduces."""
    block = passage if passage.language else passage.block
    return block if block and block.language in _SHELLS and len(block.text) <= _MAX_QUOTE else None
