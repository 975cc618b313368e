"""Text to the cells it takes on a terminal; its one rule: nobody else counts characters where cells are meant.

A character of East Asia takes two cells, a combining one none, and what is joined to one picture two together.
"""

from collections.abc import Iterable, Iterator, Mapping

_TAB = 4
_REVERSING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_PICTURES: Mapping[int, int] = {  # what would steer the terminal is shown, not sent
    **{code: 0x2400 + code for code in range(0x20) if chr(code) != "\n"},
    **dict.fromkeys((*range(0x7F, 0xA0), *_REVERSING), 0xFFFD),
}


def shown(text: str) -> str:
    """Return a text as a terminal shows it, whatever characters it holds."""
    return text.expandtabs(_TAB).translate(_PICTURES)


def cells(text: str) -> int:
    """Return how many cells a text of one line takes as it is shown."""
    text = shown(text)
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - takes longer than drawing, and most texts do not need it

    return cell_len(text)


def padded(text: str, width: int) -> str:
    """Return a text with as many spaces after it as it takes to fill so many cells."""
    return text + " " * (width - cells(text))


def fitting(characters: Iterable[str], room: int) -> int:
    """Return how many of these characters, one after the other, fit into so many cells."""
    count = 0
    for count, character in enumerate(characters, start=1):
        room -= cells(character)
        if room < 0:
            return count - 1
    return count


def wrapped(text: str, columns: int, *, lead: int, indent: int) -> str:
    """Return a text in lines of so many cells, no word cut; a line that it ends itself ends there.

    Args:
        text: What to wrap.
        columns: How many cells a line may take.
        lead: How many are taken on the first line.
        indent: How many spaces the others begin with.
    """
    first, *others = text.split("\n")
    folded = [_lines(first, columns, lead, indent), *(_lines(each, columns, 0, indent) for each in others)]
    return "\n".join(f"\n{' ' * indent}".join(lines) for lines in folded)


def _lines(text: str, columns: int, taken: int, indent: int) -> Iterator[str]:
    line: list[str] = []
    for word in text.split(" "):
        wide = cells(word)
        if line and taken + wide > columns:
            yield " ".join(line).rstrip()
            line, taken = [], indent
        if word or line or taken != indent:  # a line that goes on begins with a word
            line.append(word)
            taken += wide + 1
    yield " ".join(line).rstrip()
