"""Two texts to what differs between their words; its one rule: a reader sees the words, and a few around them.

Marked as `git diff --word-diff` does: `This [-MUST-] {+SHOULD+} include:`.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_CONTEXT = 3
_WORTH_READING = 0.5


def rewording(before: str, after: str, *, places: int = 4, run: int = 12) -> str:
    """Return what differs between two texts, in one line.

    Args:
        before: What was.
        after: What is.
        places: How many places are told at most; then, and where the texts have little in common, there is an ellipsis.
        run: How many words of each place are told at most.
    """
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, old, new)
    if not _WORTH_READING <= matcher.ratio() < 1:  # at 1 only the white space differs
        return " ".join(_marked("replace", old, new, run))
    groups = [*matcher.get_grouped_opcodes(_CONTEXT)]
    told = [
        " ".join(word for tag, i, k, j, m in group for word in _marked(tag, old[i:k], new[j:m], run))
        for group in groups
    ]
    head = "… " if groups[0][0][1] else ""
    tail = " …" if groups[places:] or groups[-1][-1][2] < len(old) else ""
    return head + " … ".join(told[:places]) + tail


def _marked(tag: str, old: Sequence[str], new: Sequence[str], run: int) -> Iterator[str]:
    if tag == "equal":
        yield from old
        return
    for words, marks in ((old, "[-%s-]"), (new, "{+%s+}")):
        if words:
            yield marks % " ".join([*words[:run], *(["…"] if words[run:] else [])])
