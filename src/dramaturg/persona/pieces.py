"""Stretches of a file to slots and directives; its one rule: the first of a name is kept, the next one is told."""

from collections.abc import Iterable

from dramaturg.findings.source import Source
from dramaturg.persona.blocks import Block
from dramaturg.persona.faults import Faults
from dramaturg.persona.model import Directive, Origin, Slot, make_directive, make_origin, make_slot
from dramaturg.persona.tags import Tag


class Pieces:
    """What a file gives besides its steps.

    Attributes:
        slots: By their names without case.
        directives: Likewise.
    """

    def __init__(
        self, source: Source, alias: str, faults: Faults, slots: Iterable[Slot], directives: Iterable[Directive]
    ) -> None:
        self._source = source
        self._alias = alias
        self._faults = faults
        self.slots = {slot.name.casefold(): slot for slot in slots}
        self.directives = {directive.name.casefold(): directive for directive in directives}

    def keep_slot(self, tag: Tag, name: str, start: int, end: int) -> None:
        """Keep the text between two offsets as the slot that a tag opens."""
        text, origin = self._source.text[start:end], self._origin(start, end)
        opener = self._source.span(tag.start, tag.end)
        slot = make_slot(name=name, text=text, origin=origin, opener=opener, override=tag.overrides)
        earlier = self.slots.setdefault(name.casefold(), slot)
        if earlier is not slot:
            self._faults.given_twice(tag, name, earlier.opener)

    def keep_directive(self, tag: Tag, block: Block) -> None:
        """Keep the directive that a tag opens."""
        if not block.closed:
            self._faults.unclosed(tag, block.end, following=block.following, misspelt=block.misspelt)
        text, origin = self._source.text[tag.end : block.end], self._origin(tag.end, block.end)
        opener = self._source.span(tag.start, tag.end)
        directive = make_directive(
            name=tag.name.directive, text=text, origin=origin, opener=opener, override=tag.overrides
        )
        earlier = self.directives.setdefault(tag.name.directive.casefold(), directive)
        if earlier is not directive:
            self._faults.given_twice(tag, tag.name.written, earlier.opener)

    def _origin(self, start: int, end: int) -> Origin:
        return make_origin(alias=self._alias, span=self._source.span(start, end))
