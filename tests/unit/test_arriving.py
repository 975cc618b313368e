"""An answer while it arrives: whatever the pieces are, items are told once they are whole, and nothing is raised."""

import json

from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import envelope, item

from dramaturg.run.arriving import Arriving

_ANSWER = envelope([item("Parts", text=f"{name} " + "x" * 300) for name in "abc"], notes="seen")
_TEXTS = ["a", "b"]  # the last one may go on


def _told(*pieces: str) -> list[str]:
    """Return the name of each item told, which may stand behind what is odd; empty for one that lost it."""
    told: list[str] = []
    arriving = Arriving(lambda _, text: told.append(next((each for each in text if each in "abc"), "")))
    for piece in pieces:
        arriving(piece)
    return told


def test_each_item_is_told_once_another_begins() -> None:
    assert _told(*_ANSWER) == _TEXTS
    assert _told(_ANSWER) == _TEXTS


@given(
    st.integers(0, len(_ANSWER)),
    st.sampled_from(["\ud800", "\\ud800", "\0", '"', "{", "[" * 3000, "9" * 5000, "]", ",", "\ufeff", "\u2028"]),
)
@example(20, "\ud800")
@example(_ANSWER.index("b xxx"), "\ud800")
@example(_ANSWER.index("b xxx"), "9" * 5000)
@example(_ANSWER.index("b xxx"), '"')
def test_a_damaged_answer_is_read_as_far_as_it_can_be(at: int, odd: str) -> None:
    assert {*_told(_ANSWER[:at] + odd + _ANSWER[at:])} <= {"", "a", "b", "c"}


def test_half_a_character_hides_no_item() -> None:
    halved = json.dumps({**json.loads(_ANSWER), "notes": "\ud83d"}, ensure_ascii=False)
    assert _told(halved) == _TEXTS
