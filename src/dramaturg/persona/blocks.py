"""Tags to the blocks they delimit; its one rule: a block ends at its own closer, else where it must have ended.

A block that has its closer holds everything up to it: what stands between looks like structure only, such as a sample
of another persona in an output contract. Every function here takes time in proportion to the tags.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import accumulate
from math import inf

from dramaturg.persona.tags import BARE_SECTION, Tag, Tags

_DIGITS = 9  # of a number of a step
_MISSPELT = 0.75


@dataclass(slots=True, kw_only=True)  # not frozen, as tags
class Block:
    """A block's opener and the stretch of its content.

    Attributes:
        opener: Its opening tag.
        end: Where its content ends.
        after: Where the text behind it begins.
        closed: Whether its own closer ends it.
        misspelt: The closer of another name that ends it; None for none.
        following: The opener that ends it because nothing closes it; None for none.
    """

    opener: Tag
    end: int
    after: int
    closed: bool = True
    misspelt: Tag | None = None
    following: Tag | None = None


def pair_blocks(tags: Tags) -> dict[int, int | None]:
    """Return for each opener of a block, in their order, what closes it, both as places in `tags`; None for nothing.

    A bare `</SECTION>` closes the innermost block that is spelt as a section.
    """
    pairs: dict[int, int | None] = {}
    stack: list[int] = []
    opened: defaultdict[str, list[int]] = defaultdict(list)  # by name; a section is known by its spelling as well
    for place, tag in enumerate(tags):
        if tag.closes:
            if not opened[tag.name.folded]:
                continue
            opener = opened[tag.name.folded][-1]
            pairs[opener] = place
            while stack and stack[-1] >= opener:
                ended = tags[stack.pop()]
                opened[ended.name.folded].pop()
                if ended.name.is_section:
                    opened[BARE_SECTION].pop()
        elif tag.name.is_block:
            pairs[place] = None
            stack.append(place)
            opened[tag.name.folded].append(place)
            if tag.name.is_section:
                opened[BARE_SECTION].append(place)
    return pairs


@dataclass(frozen=True, kw_only=True)  # not slotted: what is looked up is kept
class Cover:
    """What stands inside the blocks of a body.

    Attributes:
        tags: Those of the body.
        pairs: Which tag closes the block that another opens, both as places among the tags; None for an open one.
    """

    tags: Tags
    pairs: Mapping[int, int | None]

    @cached_property
    def begins(self) -> Sequence[int]:
        """The offsets at which the blocks begin, in their order."""
        return [self.tags[opener].start for opener in sorted(self.pairs)]

    @cached_property
    def closed(self) -> AbstractSet[int]:
        """The offsets at which those begin that have a closer."""
        return {self.tags[opener].start for opener, closer in self.pairs.items() if closer is not None}

    @cached_property
    def _reach(self) -> Sequence[float]:
        """How far each of them and those before it go at most; infinity where one has no closer."""
        closers = (self.pairs[opener] for opener in sorted(self.pairs))
        return [*accumulate((inf if closer is None else self.tags[closer].start for closer in closers), max)]

    def holds(self, offset: int) -> bool:
        """Tell whether an offset stands inside a block, as far as the tags before it say."""
        before = bisect_left(self.begins, offset)
        return before > 0 and self._reach[before - 1] >= offset


def closed_steps(tags: Tags, start: int, end: int) -> set[int]:
    """Return where the Steps between two offsets begin that have a closer of their own.

    Inside another step, one whose number goes on with that of the last one stands beside it: that one lacks its closer.
    """
    closed: set[int] = set()
    stack: list[Tag] = []
    for tag in tags.between(start, end):
        if tag.name.is_step and not tag.closes:
            if len(stack) > 1 and goes_on(stack[-1], tag):
                stack.pop()
            stack.append(tag)
        elif tag.name.is_step and stack:
            closed.add(stack.pop().start)
    return closed


def goes_on(before: Tag, tag: Tag) -> bool:
    """Tell whether a step's number is the one behind another's."""
    number, last = tag.attributes.get("number", ""), before.attributes.get("number", "")
    return _is_number(number) and _is_number(last) and int(number) == int(last) + 1


def _is_number(said: str) -> bool:
    return said.isdecimal() and len(said) <= _DIGITS


def block_at(tags: Tags, closer: int | None, limit: int, *, opener: Tag, cover: Cover | None = None) -> Block:
    """Return the block that a tag opens.

    Args:
        tags: All tags of the body in their order.
        closer: Which of them closes it; None for none.
        limit: Where the body ends.
        opener: That tag, under the name it is meant by.
        cover: What the blocks hold, which tells those that have a closer; None where none has.
    """
    if closer is not None and tags[closer].start < limit:
        return Block(opener=opener, end=tags[closer].start, after=tags[closer].end)
    opened: defaultdict[str, int] = defaultdict(int)
    said_more = False  # a bare opener of the same name without a closer, nothing between, was meant to close
    for tag in tags.between(opener.end, limit):
        again = tag.name.folded == opener.name.folded and not (tag.closes or tag.attributes or said_more)
        if again and not (cover and tag.start in cover.closed):
            return Block(opener=opener, end=tag.start, after=tag.end, closed=False, misspelt=tag)
        if tag.name.is_block and not tag.closes:
            return Block(opener=opener, end=tag.start, after=tag.start, closed=False, following=tag)
        said_more = True
        if tag.closes and not opened[tag.name.folded] and _is_meant_for(tag, opener):
            return Block(opener=opener, end=tag.start, after=tag.end, closed=False, misspelt=tag)
        opened[tag.name.folded] += not tag.closes
    return Block(opener=opener, end=limit, after=limit, closed=False)


def _is_meant_for(closer: Tag, opener: Tag) -> bool:
    """Tell whether a closing tag of another name can only be meant for the opener."""
    if closer.name.is_step or closer.name.is_directive:
        return False
    names = [opener.name.folded, opener.name.written.casefold()]
    return closer.name.is_block or bool(get_close_matches(closer.name.folded, names, cutoff=_MISSPELT))


def directive_at(tags: Tags, opener: Tag, limit: int) -> Block:
    """Return the directive that a tag opens; it ends at the next tag of a directive at the latest."""
    opened: defaultdict[str, int] = defaultdict(int)
    for tag in tags.between(opener.end, limit):
        if tag.name.is_directive and not tag.closes:
            return Block(opener=opener, end=tag.start, after=tag.start, closed=False, following=tag)
        if tag.name.folded == opener.name.folded:
            return Block(opener=opener, end=tag.start, after=tag.end)
        if tag.closes and not opened[tag.name.folded] and _misspells(tag, opener):
            return Block(opener=opener, end=tag.start, after=tag.end, closed=False, misspelt=tag)
        opened[tag.name.folded] += not tag.closes
    return Block(opener=opener, end=limit, after=limit, closed=False)


def _misspells(closer: Tag, directive: Tag) -> bool:
    """Tell whether a closing tag can only be meant for a directive."""
    wanted = [directive.name.folded]
    return closer.name.is_directive or bool(get_close_matches(closer.name.folded, wanted, cutoff=_MISSPELT))


def misspells_condition(tag: Tag) -> bool:
    """Tell whether a tag can only be meant as `</Condition>`, or as its opener if it says what that says."""
    near = not tag.name.is_structural and (tag.closes or bool(tag.attributes))
    return near and bool(get_close_matches(tag.name.folded, ["condition"], cutoff=_MISSPELT))


def misspells_step(closer: Tag) -> bool:
    """Tell whether a closing tag can only be meant as `</Step>`."""
    return (
        closer.closes
        and not closer.name.is_structural
        and bool(get_close_matches(closer.name.folded, ["step"], cutoff=_MISSPELT))
    )
