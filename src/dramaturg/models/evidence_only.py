"""The artifacts' own words as an answer; its one rule: quote or say that it is missing, never write.

For each requirement it takes the passages that answer it best; a requirement that no passage answers is declared
missing. Deterministic, free, and nothing leaves the machine.
"""

from collections.abc import Iterator, Sequence

from dramaturg.engine.events import ModelCall, ModelReply
from dramaturg.evidence.artifact import Artifact, Passage
from dramaturg.evidence.retrieve import Index
from dramaturg.models.profiles import quoting
from dramaturg.plan.model import Requirement
from dramaturg.plan.outputs import Evidence, Item, StepOutput

_ANSWERS = 0.34
_PASSAGES = 4
_MAX_QUOTE = 1200
_MAX_COMMAND = 4000
_SHELLS = ("sh", "bash", "shell", "console", "zsh")


class EvidenceModel:
    """The embedded default: no language model."""

    name = "evidence"
    destination = "no language model; nothing leaves this machine"

    def __init__(self) -> None:
        self.profile = quoting()
        self._indexed: tuple[Artifact, ...] = ()
        self._index: Index | None = None

    async def answer(self, call: ModelCall) -> ModelReply:
        """Answer a call with quotes from its artifacts."""
        index = self._index_of(call.artifacts)
        demands = [requirement for requirement in call.owes if not requirement.whole_section] or call.owes
        items = tuple(item for requirement in demands for item in _answered(requirement, index))
        return ModelReply(text=StepOutput(items=items).model_dump_json(), model=self.name)

    async def aclose(self) -> None:
        """Drop the index."""
        self._indexed = ()
        if self._index:
            self._index.close()

    def _index_of(self, artifacts: tuple[Artifact, ...]) -> Index:
        if self._index is None or self._indexed != artifacts:
            if self._index:
                self._index.close()
            self._index, self._indexed = Index(artifacts), artifacts
        return self._index


def _answered(requirement: Requirement, index: Index) -> Iterator[Item]:
    """Yield one item with the quotes that answer a requirement, or one that says it is missing."""
    demand = _demand(requirement)
    hits = index.search(requirement.id, demand, at_least=_ANSWERS, limit=_PASSAGES)
    passages = [hit.passage for hit in hits if len(hit.passage.text) <= _MAX_QUOTE]
    if not passages:
        text = f"no passage of the artifacts answers: {demand}"
        yield Item(text=text, covers=(requirement.id,), basis="missing")
        return
    yield Item(
        text=demand,
        command=_command(passages),
        covers=(requirement.id,),
        basis="evidence",
        evidence=tuple(Evidence(artifact=passage.artifact, quote=passage.text) for passage in passages),
    )


def _demand(requirement: Requirement) -> str:
    """Return the demand without its key, which is shown as the item's label."""
    text = requirement.text
    if text.casefold().startswith(requirement.id.casefold()) and ":" in text[len(requirement.id) :][:2]:
        return text[len(requirement.id) :].lstrip(": ")
    return text


def _command(passages: Sequence[Passage]) -> str:
    """Return the shell commands among the passages, as the artifacts give them."""
    blocks = [passage for passage in passages if passage.code and passage.language in _SHELLS]
    return "\n".join(_content(passage) for passage in blocks)[:_MAX_COMMAND]


def _content(passage: Passage) -> str:
    lines = [line for line in passage.text.split("\n") if not line.lstrip().startswith(("```", "~~~"))]
    return "\n".join(lines).strip("\n")
