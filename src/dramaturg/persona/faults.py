"""What can be wrong with a body's structure, as findings; its one rule: one fault is told once, where it began."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dramaturg.findings.model import Edit, Finding, Label, Severity, Span
from dramaturg.findings.source import Source
from dramaturg.persona.bullets import ITEM
from dramaturg.persona.tags import Tag

_DEMAND = re.compile(rf"^[ \t]*{ITEM}[ \t]+(?:\*\*|__)", re.MULTILINE)
_FOREIGN = re.compile(r"</?[A-Za-z_][\w.:-]*[^<>\n]*>|^[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*\r?$", re.MULTILINE)
_AROUND = re.compile(
    r"(?:\s*(?:</?persona\b[^<>\n]*>[ \t]*\r?\n|([*_])(?:[ \t]*\1){2,}[ \t]*\r?$))*\s*", re.IGNORECASE | re.MULTILINE
)  # what stands around a persona


@dataclass(slots=True, kw_only=True)
class Faults:
    """Collects the findings of one file.

    Attributes:
        source: The whole file.
        findings: Every finding so far.
        told: Tags that are reported, start to end, so that they are not stray text besides.
        fences: Stretches of fences that nothing closes; tags in them are text.
    """

    source: Source
    findings: list[Finding]
    told: dict[int, int] = field(default_factory=dict)
    fences: Sequence[tuple[int, int]] = ()

    def malformed(self, tag: Tag) -> None:
        """Report what begins like a structural tag and is not well-formed; it was read as far as it says."""
        beginning = self.source.text[tag.start : tag.end].split("\n", 1)[0].rstrip()
        message = f"`{beginning}` is not a well-formed tag"
        quoted = any(mark in beginning for mark in "\"'“”„‘’«»")
        remedies = ["put each value in one pair of straight quotes"] if quoted else []
        remedies += [] if beginning.endswith(">") else ["end the tag with `>`"]
        remedy = " and ".join(remedies)
        if tag.name.is_section and ":" not in beginning:
            remedy = f"write `<{tag.name.written}>`"
        elif tag.closes and not beginning.startswith(f"</{tag.name.written}"):
            remedy = f"write `{tag.name.closer}`"
        elif beginning[1:2].isspace():
            remedy = "write no blank behind `<`"
        elif not remedy:
            remedy = 'write what it says as `key="value"`'
        self._fault("P208", message, tag, help=remedy)

    def closes_nothing(self, tag: Tag) -> None:
        """Report a closer without an opener; one that is not well-formed is told as that."""
        known = tag.start in self.told
        self.told[tag.start] = tag.end
        if not (known or tag.malformed):
            remedy = "remove it, or add the tag it closes"
            self._fault("P205", f"`</{tag.name.written}>` closes nothing", tag, help=remedy)

    def unclosed(self, tag: Tag, end: int, *, following: Tag | None = None, misspelt: Tag | None = None) -> None:
        """Report an opener without a closer, and what stands where its closer should; `end` is where it was read to."""
        labels: tuple[Label, ...] = ()
        wanted = tag.name.closer
        if following:
            labels = (Label(span=self._span(following), text="this begins before it is closed"),)
        remedy, last = f"add `{wanted}`", tag.end + len(self.source.text[tag.end : end].rstrip())
        lines = "\n" in self.source.text[tag.end : last]  # behind a fence's last line it would be masked
        edit: Edit | None = Edit(span=self.source.span(last, last), text=f"\n{wanted}" if lines else wanted)
        if misspelt:
            remedy = f"replace `<{'/' if misspelt.closes else ''}{misspelt.name.written}>` by `{wanted}`"
            text = f"this closes nothing; did you mean `{wanted}`?"
            labels = (Label(span=self._span(misspelt), text=text),)
            edit = Edit(span=self._span(misspelt), text=wanted)
            self.told[misspelt.start] = misspelt.end
        fence = next((start for start, stop in self.fences if tag.end <= start < end <= stop), None)
        if fence is not None and not misspelt:
            labels = (
                Label(
                    span=self.source.span(fence, fence + 3),
                    text="this fence is never closed, so the tags behind it are text",
                ),
            )
            remedy, edit = f"close the fence with a line of {self.source.text[fence : fence + 3]}", None
        rule, what = ("P204", "step") if tag.name.is_step else ("P203", f"`<{tag.name.written}>`")
        message, note = f"{what} is never closed", "opened here"
        if self.source.text.endswith("/>", tag.start, tag.end) and self.source.is_blank(tag.end, end):
            message, note, labels, edit = f"{what} closes itself, so it has no text", "", (), None
            remedy = f"end the tag with `>`, and write its text and `{wanted}` behind it, or remove it"
        self._fault(rule, message, tag, note=note, labels=labels, help=remedy, edits=(edit,) if edit else ())

    def nearly(self, tag: Tag, meant: str) -> None:
        """Report a block whose name is nearly one of the language's; it was read as that one."""
        name = f"`<{tag.name.written}>`"
        self._fault("P211", f"{name} is no block of the language", tag, help=f"did you mean `<{meant}>`?")

    def unknown_attribute(self, tag: Tag, key: str, meant: str) -> None:
        """Warn of an attribute that means nothing where another one is needed."""
        self._warn(
            "P406", f"`{key}` means nothing on a {tag.name.written}", self._span(tag), help=f"did you mean `{meant}`?"
        )

    def condition_without_check(self, tag: Tag) -> None:
        """Warn of a condition that says no condition."""
        self._warn("P406", "this Condition says no `check`", self._span(tag), help='write `<Condition check="…">`')

    def given_twice(self, tag: Tag, name: str, first: Span) -> None:
        """Report a second piece of one name."""
        label = Label(span=first, text="first given here")
        self._fault("P206", f"`{name}` is given twice", tag, labels=(label,), help="keep one of them")

    def displaced(self, tag: Tag) -> None:
        """Report a step or a directive that stands outside the block it belongs into, or a block inside another one."""
        if tag.name.is_block:
            message, remedy = (
                f"`<{tag.name.written}>` stands inside `<operational_protocol>`",
                "put it behind `</operational_protocol>`",
            )
        else:
            what, home = ("step", "operational_protocol") if tag.name.is_step else ("directive", "directives")
            message, remedy = f"this {what} stands outside `<{home}>`", f"put it between `<{home}>` and `</{home}>`"
        self._fault("P212", message, tag, help=remedy)

    def second_persona(self, start: int, end: int, first: Span | None) -> None:
        """Report where another persona begins; what follows is not read."""
        self.findings.append(
            Finding(
                rule="P209",
                severity=Severity.ERROR,
                message="a second persona begins here; it is not read",
                span=self.source.span(start, end),
                labels=(Label(span=first, text="the persona of this file"),) if first else (),
                help="give it a file of its own",
            )
        )

    def nested_comment(self, outer: int, inner: int) -> None:
        """Warn of a comment that begins in another one, which was not meant to go on so far."""
        self._warn(
            "P213",
            "a comment begins inside another one; what stands between them is not read",
            self.source.span(inner, inner + 4),
            labels=(Label(span=self.source.span(outer, outer + 4), text="this one is still open"),),
            help="close the first one with `-->`",
        )

    def open_fences(self, start: int, end: int) -> None:
        """Warn of fences between two offsets that nothing closes and that take in what looks like demands."""
        for begin, stop in self.fences:
            if not start <= begin < end or not _DEMAND.search(self.source.text, begin, min(stop, end)):
                continue
            marks = self.source.text[begin : begin + 3]
            message, remedy = (
                "this fence is never closed, so the rest of the step is code",
                f"close it with a line of {marks}",
            )
            self._warn("P214", message, self.source.span(begin, begin + 3), help=remedy)

    def number_again(self, place: Span, first: Span, number: str, *, restarts: bool) -> None:
        """Warn of a step number that is used twice."""
        remedy = "number the steps in order"
        if restarts:
            remedy = "if these steps belong to another persona, give it a file of its own; otherwise number them on"
        label = Label(span=first, text="first used here")
        self._warn("P210", f"step number `{number}` is used again", place, labels=(label,), help=remedy)

    def text_between(self, start: int, end: int) -> str:
        """Return the text between two offsets, comments and reported tags blanked; empty if it says nothing."""
        if self.source.is_blank(start, end):
            return ""
        raw = self.source.text[start:end]
        text = _without_comments(raw)
        for at in (found.start() for found in re.finditer("<", raw) if start + found.start() in self.told):
            stop = self.told[start + at] - start
            text = text[:at] + " " * (stop - at) + text[stop:]
        return text if text.strip() else ""

    def stray_text(self, start: int, end: int, where: str = "outside every block") -> None:
        """Warn of text that belongs to nothing; tags that only stand around whole blocks are no text."""
        if self.source.is_blank(start, end):
            return
        text = self.text_between(start, end)
        if not text or not _FOREIGN.sub("", text).strip():
            return
        around = _AROUND.match(text)
        at = around.end() if around else 0
        first = text[at:].split("\n", 1)[0].rstrip()
        self._warn(
            "P207",
            f"this text stands {where} and is not sent to the model",
            self.source.span(start + at, start + at + len(first)),
            help="move it into a block, or into a comment `<!-- … -->` if it is a remark",
        )

    def _warn(self, rule: str, message: str, span: Span, **extra: Any) -> None:
        self.findings.append(Finding(rule=rule, severity=Severity.WARNING, message=message, span=span, **extra))

    def _fault(self, rule: str, message: str, tag: Tag, **extra: Any) -> None:
        self.told[tag.start] = tag.end
        span = self._span(tag)
        self.findings.append(Finding(rule=rule, severity=Severity.ERROR, message=message, span=span, **extra))

    def _span(self, tag: Tag) -> Span:
        return self.source.span(tag.start, tag.end)


def _without_comments(text: str) -> str:
    """Return a text with its comments blanked; what is never closed is none."""
    pieces, done = [], 0
    while (start := text.find("<!--", done)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        pieces += [text[done:start], " " * (end + 3 - start)]
        done = end + 3
    return "".join([*pieces, text[done:]])
