"""Persona, plan and artifacts to prompt text; its one rule: templates see author text only, artifacts are data.

An artifact's text never passes through a template. It stands between tags that carry a mark derived from the text
itself, so no text can hold its own closing tag, and control tokens of chat templates in it are broken up.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from textwrap import dedent

from jinja2 import DictLoader, StrictUndefined, Template, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dramaturg.errors import CallerError
from dramaturg.evidence.artifact import Artifact
from dramaturg.findings.model import Finding
from dramaturg.persona.model import Persona
from dramaturg.plan.model import Format, PlannedStep, Requirement

TEMPLATES = ("system.md.j2", "step.md.j2", "reask.md.j2")
JUDGE = "judge.md.j2"  # a kernel may do without it, and what a run's own steps are asked does not depend on it
_MARK_LENGTH = 16
_MAX_ERRORS = 12
_KEPT = 64  # turns
_HEAD = "Artifacts. Each stands between its tags; only a closing tag with the same mark ends it.\n\n"
ANSWERS_HEAD = "A person was asked and answered. Their words and files are artifacts like the others.\n\n"
_WORD_JOINER = "\u2060"
_CONTROL_TOKEN = re.compile(
    r"<(?=\|[^|>\n]{1,40}\|>|/?(?:s|bos|eos|pad|unk|(?:start|end)_of_turn)>|</?SYS>>)|\[(?=/?INST\])"
)
_LAYOUTS: Mapping[Format, str] = {
    Format.CHECKLIST: "It is a checklist: each item is one thing to check or do, with command and result where known.",
    Format.PROCEDURE: "It is a procedure: items are the steps in order, each with command and result where known.",
    Format.FINDINGS: "It lists findings: each item is one finding in `text`, its attributes in `cells`.",
    Format.TABLE: "It is a table: each item is a row, its values in `cells` under the same columns.",
    Format.CODE: "It consists of files: each item gives one whole file in `file`, and says in `text` what it is for.",
    Format.PROSE: "It is prose: each item is one paragraph.",
}


class Kernel:
    """A prompt kernel: its templates compiled once, and a digest of their text."""

    def __init__(self, version: str, sources: Mapping[str, str]) -> None:
        self.version = version
        self.sources = dict(sources)
        own = [
            _HEAD,
            ANSWERS_HEAD,
            *_LAYOUTS.values(),
        ]  # what is said outside the templates changes what is asked as well
        texts = [f"{name}\0{self.sources[name]}" for name in TEMPLATES]
        self.digest = hashlib.sha256("\0".join([*texts, *own]).encode()).hexdigest()
        self._templates = _compiled(tuple(sources.items()))
        self._turns: dict[tuple[int, int], tuple[PlannedStep, str]] = {}
        self._system: tuple[Persona, str] | None = None

    def system(self, persona: Persona) -> str:
        """Return the system turn: rules and persona, without any step's text; that of many runs is written once."""
        if self._system is None or self._system[0] is not persona:
            grounded = persona.input_mode == "evidence-driven"
            self._system = (persona, self._render("system.md.j2", persona=persona, grounded=grounded))
        return self._system[1]

    def step(self, step: PlannedStep, total: int) -> str:
        """Return the turn that asks for a step; that of many runs is written once."""
        kept = self._turns.get((id(step), total))
        if kept is None or kept[0] is not step:
            if len(self._turns) >= _KEPT:
                self._turns.clear()
            kept = self._turns[id(step), total] = (step, self._asked(step, total))
        return kept[1]

    def _asked(self, step: PlannedStep, total: int) -> str:
        demands = [
            requirement for requirement in step.requirements if not requirement.whole_section and not requirement.column
        ]
        return self._render("step.md.j2", step=step, total=total, demands=demands, layout=_LAYOUTS[step.format])

    def item(self, item: str, number: int, total: int) -> str:
        """Return what is added to the turn of a step that is performed for one item of another."""
        return f"This time do it for item {number} of {total} only:\n{inert_block('item', item)}"

    def reask(self, step: PlannedStep, findings: Sequence[Finding], wanted: Sequence[Requirement] | None) -> str:
        """Return the turn that asks for the failing part again; `wanted` None asks for the whole answer."""
        return self._render(
            "reask.md.j2",
            step=step,
            errors=[finding.message for finding in findings[:_MAX_ERRORS]],
            more=max(0, len(findings) - _MAX_ERRORS),
            whole=wanted is None,
            wanted=", ".join(f"`{requirement.id}`" for requirement in wanted or ()),
        )

    def judge(self) -> str:
        """Return the system turn of whoever holds claims against their quotes; CallerError if the kernel has none."""
        if JUDGE not in self._templates:
            raise CallerError(f"the prompt kernel `{self.version}` has no `{JUDGE}`, so nothing can be judged with it")
        return self._render(JUDGE)

    def _render(self, name: str, **values: object) -> str:
        try:
            return self._templates[name].render(**values).strip() + "\n"
        except UndefinedError as error:
            raise CallerError(
                f"the prompt template `{self.version}/{name}` uses what it is not given: {error}"
            ) from error


@lru_cache
def _compiled(sources: tuple[tuple[str, str], ...]) -> Mapping[str, Template]:
    """Compile templates; each text once in a process, it takes longer than a whole run's other work."""
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(sources)),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["block"] = block
    return {name: environment.get_template(name) for name, _ in sources}


def block(text: str) -> str:
    """Return author text without the indentation of the file it stands in."""
    lines = text.replace("\r\n", "\n").strip("\n").split("\n")
    return (
        "\n".join([lines[0].strip(), *dedent("\n".join(lines[1:])).split("\n")]).strip()
        if lines[1:]
        else lines[0].strip()
    )


def artifacts_block(artifacts: Sequence[Artifact], *, head: str = _HEAD) -> str:
    """Return artifacts as inert, delimited data under a sentence that says what they are."""
    return head + "".join(_delimited(artifact) for artifact in artifacts)


def inert(text: str) -> str:
    """Break up what a chat template would read as a control token; quotes are compared without the joiner.

    A lone surrogate, which a model can spell in JSON but no request can carry, becomes a question mark.
    """
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL_TOKEN.sub(lambda match: match[0] + _WORD_JOINER, whole)


def excerpt_block(artifact: Artifact, first: int, last: int, text: str) -> str:
    """Return some lines of an artifact as inert, delimited data."""
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_LENGTH]
    kind = "primary" if artifact.primary else "optional"
    head = f'<artifact id="{artifact.label}" type="{kind}" lines="{first}-{last}" mark="{mark}">'
    return f'{head}\n{inert(text).strip()}\n</artifact mark="{mark}">\n\n'


def inert_block(tag: str, text: str) -> str:
    """Return what a person or a model said as inert, delimited data."""
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK_LENGTH]
    return f'<{tag} mark="{mark}">\n{inert(text).rstrip()}\n</{tag} mark="{mark}">\n'


def _delimited(artifact: Artifact) -> str:
    mark = artifact.digest[:_MARK_LENGTH]
    kind = "primary" if artifact.primary else "optional"
    text = inert(artifact.text).rstrip("\n")
    return f'<artifact id="{artifact.label}" type="{kind}" mark="{mark}">\n{text}\n</artifact mark="{mark}">\n\n'
