"""The inside of a protocol to its steps; its one rule: a step ends where its author ended it, or could only have.

Steps are `<Step>` tags; where there is none, a numbered list; failing that the protocol is one step.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from dramaturg.findings.source import Source
from dramaturg.persona.blocks import closed_steps, goes_on, misspells_condition, misspells_step
from dramaturg.persona.faults import Faults
from dramaturg.persona.model import Condition, Origin, Step, make_origin, make_step
from dramaturg.persona.tags import Tag, Tags

_ITEM = re.compile(r"^(?P<indent>[ \t]*)(?P<number>\d{1,9})[.)][ \t]+", re.MULTILINE)
_FIRST_ITEM = re.compile(r"(?P<indent>[ \t]*)(?P<number>\d{1,9})[.)][ \t]+")  # behind the tag no line begins
_CHECKS = ("check", "trigger", "if")
_STEP_ATTRIBUTES = frozenset(("number", "name"))
_BOLD_KEY = re.compile(r"(?:\*\*|__)(?P<key>[^*_\n]{1,80}?)[:.]?(?:\*\*|__)")
_HEADING = re.compile(
    r"\s*(?:(?:\*\*|__)(?P<bold>[^*_\n:]{1,80}?)(?<![.!?]):?(?:\*\*|__):?"
    r"|#{1,6}[ \t]+(?P<plain>[^\n]{1,80}?)(?<![.!?]))[ \t#]*\r?\n(?=\s*\S)"
)  # on a line of its own above something, and no sentence


@dataclass(slots=True, kw_only=True)
class _Open:
    """A step whose closer has not been met; `end` is where its own text ends."""

    tag: Tag
    number: str
    parent: str
    end: int = -1
    closer: Tag | None = None
    children: int = 0

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """What it takes up: its tag with its own text, and its closer."""
        own = (self.tag.start, self.end)
        return [own, (self.closer.start, self.closer.end)] if self.closer else [own]


@dataclass(slots=True, kw_only=True)
class Protocol:
    """Reads the steps of one protocol.

    Attributes:
        source: The whole file.
        masked: The same with everything blank that cannot be structure.
        alias: Whose file it is.
        faults: Where what is wrong goes.
        tags: All tags of the body.
        steps: What was read, in the order of the file.
        preamble: Where the text before the first step begins and ends.
        outermost: How many steps so far stand in no other.
        gaps: Stretches of the protocol that belong to no step, and where they are.
    """

    source: Source
    masked: str
    alias: str
    faults: Faults
    tags: Tags
    steps: list[Step] = field(default_factory=list)
    preamble: tuple[int, int] = (0, 0)
    outermost: int = 0
    gaps: list[tuple[int, int, str]] = field(default_factory=list)

    def read(self, start: int, end: int, opener: Tag) -> None:
        """Read the content between two offsets; `opener` stands for a protocol that is one step."""
        opened = self._opened(start, end)
        if opened:
            self._keep(opened, start, end)
        else:
            self._keep_list(start, end, opener)
        self._judge_numbers()

    def _opened(self, start: int, end: int) -> list[_Open]:
        """Return every step with its end, nested ones behind the one they stand in."""
        closed = closed_steps(self.tags, start, end)
        found: list[_Open] = []
        stack: list[_Open] = []
        opened: defaultdict[str, int] = defaultdict(int)  # what else was opened since the last step began
        for tag in self.tags.between(start, end):
            if stack and tag.closes and tag.name.folded == stack[-1].tag.name.folded:
                _finish(stack.pop(), tag.start, tag)
            elif stack and (
                _lacks_slash(tag, stack[-1].tag, closed) or (not opened[tag.name.folded] and misspells_step(tag))
            ):
                self.faults.unclosed(stack[-1].tag, tag.start, misspelt=tag)
                _finish(stack.pop(), tag.start, tag)
            elif (tag.name.is_step and not tag.closes) or _misspells_opener(tag):
                if not tag.name.is_step:
                    self.faults.nearly(tag, "Step")
                self._begin(tag, stack, found, nested=bool(stack) and _is_nested(stack[-1], tag, closed))
                opened.clear()
            elif tag.name.is_step:  # where a step is open its opener was misspelt, and told so
                self._close(tag, stack)
            opened[tag.name.folded] += not (tag.closes or tag.name.is_step)
        for step in stack:
            self.faults.unclosed(step.tag, end)
            _finish(step, end)
        return found

    def _close(self, tag: Tag, stack: list[_Open]) -> None:
        if stack:
            _finish(stack.pop(), tag.start, tag)
        else:
            self.faults.closes_nothing(tag)

    def _begin(self, tag: Tag, stack: list[_Open], found: list[_Open], *, nested: bool) -> None:
        if stack and not nested:
            self.faults.unclosed(stack[-1].tag, tag.start, following=tag)
            _finish(stack.pop(), tag.start)
        holder = stack[-1] if stack else None
        if holder:
            _finish(holder, tag.start)
            holder.children += 1
        else:
            self.outermost += 1
        number = tag.attributes.get("number", "").strip() or str(holder.children if holder else self.outermost)
        if holder and number.isdecimal():
            number = f"{holder.number}.{number}"
        step = _Open(tag=tag, number=number, parent=holder.number if holder else "")
        stack.append(step)
        found.append(step)

    def _keep(self, opened: Sequence[_Open], start: int, end: int) -> None:
        self.preamble = (start, opened[0].tag.start)
        for step in opened:
            if step.closer and step.closer.name.is_step:
                self.faults.open_fences(step.tag.end, step.end)
            attributes = {key: value for key, value in step.tag.attributes.items() if key not in _STEP_ATTRIBUTES}
            holds_tags = bool(self.tags.places(step.tag.end, step.end))
            text = self.source.text[step.tag.end : step.end]
            self.steps.append(
                make_step(
                    number=step.number,
                    name=step.tag.attributes.get("name", "").strip() or _heading(text),
                    text=text,
                    origin=self._origin(step.tag.end, step.end),
                    opener=self.source.span(step.tag.start, step.tag.end),
                    attributes=attributes,
                    conditions=tuple(self._conditions(step.tag.end, step.end)) if holds_tags else (),
                    parent=step.parent,
                )
            )
        done = self.preamble[1]
        for begin, stop in sorted(stretch for step in opened for stretch in step.stretches):
            self.gaps.append((done, begin, "between the steps"))
            done = max(done, stop)
        self.gaps.append((done, end, "behind the last step"))

    def _conditions(self, start: int, end: int) -> Iterator[Condition]:
        """Yield the conditions of a step; one ends at its closer, else at the next one or with the step."""
        opened: Tag | None = None
        for tag in (tag for tag in self.tags.between(start, end) if tag.name.is_condition or misspells_condition(tag)):
            if not (tag.closes or tag.name.is_condition):
                self.faults.nearly(tag, "Condition")
            if opened is None and tag.closes:
                if tag.name.is_condition:
                    self.faults.closes_nothing(tag)
                continue
            if opened is not None:
                if not tag.closes or tag.name.folded != opened.name.folded:
                    following, misspelt = (None, tag) if tag.closes else (tag, None)
                    self.faults.unclosed(opened, tag.start, following=following, misspelt=misspelt)
                yield self._condition(opened, tag.start)
            opened = None if tag.closes else tag
        if opened is not None:
            self.faults.unclosed(opened, end)
            yield self._condition(opened, end)

    def _condition(self, opener: Tag, end: int) -> Condition:
        said = opener.attributes
        check = next((said[key] for key in _CHECKS if said.get(key)), "")
        if said and not check:
            self.faults.unknown_attribute(opener, next(iter(said)), _CHECKS[0])
        elif not check:
            self.faults.condition_without_check(opener)
        return Condition(
            check=check.strip(), text=self.source.text[opener.end : end], span=self.source.span(opener.end, end)
        )

    def _keep_list(self, start: int, end: int, opener: Tag) -> None:
        items = self._items(start, end)
        self.preamble = (start, items[0].start()) if items else (start, start)
        if not items and self.source.text[start:end].strip():
            self._item("1", (opener.start, opener.end), start, end)
        same = len({int(item["number"]) for item in items}) == 1
        for position, item in enumerate(items, start=1):
            following = items[position].start() if position < len(items) else end
            number = str(position) if same else item["number"]
            mark = item.end("number") + 1
            begin = mark + len(self.source.text[mark : item.end()]) - len(self.source.text[mark : item.end()].lstrip())
            self._item(number, (item.start("number"), mark), begin, following)

    def _items(self, start: int, end: int) -> list[re.Match[str]]:
        """Return the items of the outermost numbered list."""
        first = _FIRST_ITEM.match(self.masked, start, end)
        found = [*([first] if first else []), *_ITEM.finditer(self.masked, first.end() if first else start, end)]
        items = [item for item in found if _FIRST_ITEM.match(self.source.text, item.start(), end)]
        outermost = min((len(item["indent"]) for item in items), default=0)
        return [item for item in items if len(item["indent"]) == outermost]

    def _item(self, number: str, opener: tuple[int, int], start: int, end: int) -> None:
        text = self.source.text[start:end]
        key = _BOLD_KEY.match(text)
        self.steps.append(
            make_step(
                number=number,
                name=key["key"].strip() if key else "",
                text=text,
                origin=self._origin(start, end),
                opener=self.source.span(*opener),
                conditions=tuple(self._conditions(start, end)),
            )
        )

    def _judge_numbers(self) -> None:
        first: dict[str, Step] = {}
        for step in self.steps:
            if step.number in first:
                restarts = step.number == self.steps[0].number
                self.faults.number_again(step.opener, first[step.number].opener, step.number, restarts=restarts)
                if restarts:
                    return
            first.setdefault(step.number, step)

    def _origin(self, start: int, end: int) -> Origin:
        return make_origin(alias=self.alias, span=self.source.span(start, end))


def _heading(text: str) -> str:
    """Return the heading that a step's text begins with, which names a step that has no `name`; empty for none."""
    found = _HEADING.match(text) if text.lstrip().startswith(("**", "__", "#")) else None
    return (found["bold"] or found["plain"]).strip() if found else ""


def _finish(step: _Open, end: int, closer: Tag | None = None) -> None:
    """End a step; the own text of one that holds others has ended before the first of them."""
    if step.end < 0:
        step.end = end
    step.closer = closer


def _is_nested(outer: _Open, inner: Tag, closed: AbstractSet[int]) -> bool:
    """Tell whether a step opened inside another is part of it: the outer has its closer, and the inner counts anew."""
    return outer.tag.start in closed and (outer.children > 0 or not goes_on(outer.tag, inner))


def _lacks_slash(tag: Tag, opened: Tag, closed: AbstractSet[int]) -> bool:
    """Tell whether a bare `<Step>` inside a step that says more must be meant to close it; nothing closes either."""
    bare = tag.name.is_step and not (tag.closes or tag.attributes) and bool(opened.attributes)
    return bare and not {tag.start, opened.start} & closed


def _misspells_opener(tag: Tag) -> bool:
    """Tell whether a tag can only be meant to open a step: it is spelt nearly so, and says what a step says."""
    if tag.closes or tag.name.is_structural or not _STEP_ATTRIBUTES & tag.attributes.keys():
        return False
    return misspells_step(replace(tag, closes=True))
