"""The marks of a document to what no longer holds of them; its one rule: what cannot be looked up is said to be so."""

from collections.abc import Iterator
from difflib import get_close_matches

from dramaturg.engine.colophon import Colophon, digests
from dramaturg.engine.manuscript import Manuscript, Unit
from dramaturg.engine.marks import Mark, MarkKind
from dramaturg.engine.verify.quotes import Cited, Quotes
from dramaturg.evidence.locate import FoldedArtifact, Shelf, shown_lines
from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.persona.model import fold_id
from dramaturg.plan.model import Plan

_NEAR = 2
_NAMED = 6
_FORM = "write it as `[Source: LABEL, L12]` or `[Source: LABEL, L12-14]`"
_NOTHING_KNOWN = Colophon(persona="", plan="")


class Citations:
    """The marks of one document, held against the artifacts of today.

    Args:
        plan: Says which artifacts the persona knows.
        manuscript: The document.
        shelf: The artifacts of today.
        colophon: What the document was made of, if it says so.

    Attributes:
        held: How many citations are true, once the faults were gone through.
        false: The offsets of those that are not, or could not be looked up.
    """

    def __init__(self, plan: Plan, manuscript: Manuscript, shelf: Shelf, colophon: Colophon | None) -> None:
        self.plan = plan
        self.manuscript = manuscript
        self.shelf = shelf
        self.made = colophon or _NOTHING_KNOWN
        self.held = 0
        self.false: set[int] = set()
        self._quotes = Quotes(manuscript, shelf)
        self._changed = self._changes()
        self._at_fault: set[str] = set()
        self._not_given: dict[str, list[Mark]] = {}

    def faults(self) -> Iterator[Finding]:
        """Yield what is wrong with the marks, then what is to be said of whole artifacts."""
        for unit in self.manuscript.units:
            for mark in unit.marks:
                if mark.kind is MarkKind.SOURCE:
                    held = self.held
                    yield from self._source(mark, unit)
                    self.false |= {mark.start} if self.held == held else set()
                elif mark.kind is MarkKind.INFERENCE:
                    labels = (label for label in mark.labels if self.shelf.get(label) is None)
                    yield from (self._unknown(label, mark) for label in labels if not self._is_known(label))
        yield from self._unchecked()
        yield from self._changed_since()

    def _source(self, mark: Mark, unit: Unit) -> Iterator[Finding]:
        """Yield what is wrong with one citation."""
        if mark.lines is None:
            yield _warning("V307", "this citation names no lines that can be read", self._span(mark), _FORM)
            return
        (label,) = mark.labels
        artifact = self.shelf.get(label)
        if artifact is None and self._is_known(label):
            self._not_given.setdefault(label, []).append(mark)
        elif artifact is None:
            yield self._unknown(label, mark)
        else:
            yield from self._looked_up(mark, mark.lines, unit, artifact)

    def _looked_up(self, mark: Mark, lines: tuple[int, int], unit: Unit, artifact: FoldedArtifact) -> Iterator[Finding]:
        label = artifact.artifact.label
        traces = self.made.traces.get(mark.labels[0], {}).get(shown_lines(lines), ())
        since = "; the artifact has changed since" if self._changed & {label, _whole(label)} else ""
        cited = Cited(mark=mark, lines=lines, unit=unit, artifact=artifact, traces=traces, since=since)
        fault = self._quotes.fault(cited)
        if fault is None:
            self.held += 1
            return
        self._at_fault.add(_whole(label))
        yield fault

    def _unknown(self, label: str, mark: Mark) -> Finding:
        names = [artifact.label for artifact in self.shelf.artifacts]
        close = get_close_matches(label.upper(), names, n=_NEAR)
        known = ", ".join(f"`{name}`" for name in (close or names[:_NAMED]))
        remedy = f"did you mean {known}?" if close else f"there is {known}" if known else "give it with `--artifact`"
        message = f"`{label}` is no artifact that was given, or that the persona knows"
        return Finding(rule="V303", severity=Severity.ERROR, message=message, span=self._span(mark), help=remedy)

    def _is_known(self, label: str) -> bool:
        """Tell whether an artifact that was not given is one that the persona or the colophon knows."""
        whole = fold_id(_whole(label))
        if any(fold_id(_whole(artifact.label)) == whole for artifact in self.shelf.artifacts):
            return False  # its folder was given, and has no such file
        known = (*self.plan.names, *self.plan.names.values(), *self.made.artifacts)
        return whole in {fold_id(_whole(name)) for name in known}

    def _unchecked(self) -> Iterator[Finding]:
        """Yield the artifacts that were not given, each at its first citation."""
        for label, marks in self._not_given.items():
            many = "1 citation" if len(marks) == 1 else f"{len(marks)} citations"
            message = f"`{label}` was not given, so that {many} could not be checked"
            remedy = f"give it with `--artifact {_whole(label).casefold()}=PATH`"
            if label in self.made.answers:
                message += "; it is what a person answered or handed over during the run"
                remedy = "read it in the run's journal, or give the file that was handed over by this name"
            yield _warning("V306", message, self._span(marks[0]), remedy)

    def _changed_since(self) -> Iterator[Finding]:
        """Yield the artifacts that have changed though all that is cited from them holds."""
        for label in sorted(self._changed - self._at_fault):
            message = f"`{label}` has changed since the document was made; what is cited from it still stands there"
            remedy = "read what has changed; perform the persona again, or say with `--accept` that nothing follows"
            yield _warning("V305", message, self._colophon_span(label), remedy)

    def _changes(self) -> set[str]:
        """Return the labels of whole artifacts that are not what they were; of what is not given nothing is known."""
        today = digests(self.shelf.artifacts, ())
        return {label for label, digest in today.items() if self.made.artifacts.get(label, digest) != digest}

    def _span(self, mark: Mark) -> Span:
        return self.manuscript.span(mark.start, mark.end)

    def _colophon_span(self, label: str) -> Span:
        """Return where the colophon names an artifact."""
        named = f'"{label}": "{self.made.artifacts[label]}"'
        at = self.manuscript.source.text.rfind(named)
        return self.manuscript.span(at, at + len(named)) if at >= 0 else self.manuscript.top


def _whole(label: str) -> str:
    """Return the label of the folder that a file is of; of another artifact its own."""
    return label.partition("/")[0]


def _warning(rule: str, message: str, span: Span, remedy: str) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, message=message, span=span, help=remedy)
