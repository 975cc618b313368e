"""The mask: as long as the text, line for line, and nothing in it that was not there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg.data import personas_root
from dramaturg.persona.mask import mask

_PIECES = st.sampled_from(["`", "``", "```", "~~~", "````", "<!--", "-->", "\n", "\r\n", "  ", "- ", "> ", "</a>", "x"])


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_the_mask_keeps_every_offset_and_every_line(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(shown in (real, " ") for shown, real in zip(masked, text, strict=True))
    assert [at for at, shown in enumerate(masked) if shown == "\n"] == [
        at for at, real in enumerate(text) if real == "\n"
    ]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        pytest.param("a `<x>` b", "a       b", id="inline-code"),
        pytest.param("a ``b ` c`` d", "a           d", id="inline-code-with-a-tick-inside"),
        pytest.param("a ` b\nc ` d", "a ` b\nc ` d", id="a-lone-tick-masks-nothing"),
        pytest.param("a <!-- b\nc --> d", "a       \n      d", id="a-comment-over-lines"),
        pytest.param("a <!-- b", "a <!-- b", id="an-unclosed-comment-masks-nothing"),
        pytest.param("`<!--` a -->", "       a -->", id="a-comment-opener-in-code-opens-nothing"),
        pytest.param("```\na\n```\nb", "   \n \n   \nb", id="a-fence"),
        pytest.param("```\na\n~~~\n```\nb", "   \n \n   \n   \nb", id="a-fence-of-the-other-mark-closes-nothing"),
        pytest.param("````\na\n```\n````\nb", "    \n \n   \n    \nb", id="a-shorter-fence-closes-nothing"),
        pytest.param("\t~~~ py\na\n      ~~~~\nb", "\t      \n \n          \nb", id="a-fence-at-any-indentation"),
        pytest.param("```py\na\n```py\n```\nb", "     \n \n     \n   \nb", id="a-closing-fence-has-no-info-string"),
        pytest.param("1. ```\na\n   ```\nb", "1.    \n \n      \nb", id="a-fence-behind-a-number"),
        pytest.param("<E>```js\na\n```</E>\nb", "<E>     \n \n   </E>\nb", id="a-fence-between-tags"),
        pytest.param("```</E>\na\n", "```</E>\na\n", id="a-closing-tag-is-no-info-string"),
        pytest.param("```\na\n  </Step>\nb", "   \n \n  </Step>\nb", id="an-unclosed-fence-ends-at-a-closing-tag"),
        pytest.param("```\na </Step>\nb", "   \n         \n ", id="an-unclosed-fence-ends-with-the-text"),
        pytest.param("```\r\na\r\n```\r\nb", "    \n  \n   \r\nb", id="a-fence-with-crlf"),
    ],
)
def test_code_and_comments_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.timeout(20)  # to look back for where the line begins, from each of them, takes longer
def test_a_line_of_nothing_but_marks_of_fences_is_masked_in_a_moment() -> None:
    assert mask("``` " * 800_000).isspace()


def test_nothing_of_the_shipped_personas_but_their_code_is_masked() -> None:
    for path in personas_root().glob("*.md"):
        text = path.read_text(encoding="utf-8")
        hidden = "".join(real for shown, real in zip(mask(text), text, strict=True) if shown != real)
        assert hidden.count("`") == text.count("`")
