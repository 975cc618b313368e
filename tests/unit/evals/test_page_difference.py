"""Two pieces of HTML to where their words differ: text and tags stay what they were."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from tests.hostile import HOSTILE
from tests.markup import Page

from dramaturg.evals.report.page.difference import marked_differences
from dramaturg.run.page.text import plain, prose

_WORDS = st.lists(
    st.sampled_from(["a", "port", "8080", "<b>", "&", '"', "*very*", "`code`", *HOSTILE.values()]), max_size=12
)
_TEXTS = _WORDS.map(" ".join)


def _p(text: str) -> Markup:
    return Markup("<p>{}</p>").format(prose(text))


def test_the_words_that_differ_are_marked_and_no_others() -> None:
    old, new = marked_differences(_p("Listen on port 8080 of `gateway`."), _p("Listen on port 8081 of `gateway`."))
    assert old == "<p>Listen on port <del>8080</del> of <code>gateway</code>.</p>"
    assert new == "<p>Listen on port <ins>8081</ins> of <code>gateway</code>.</p>"


def test_what_was_put_in_is_marked_on_one_side_only() -> None:
    old, new = marked_differences(_p("Stop it."), _p("Stop it at once, please."))
    assert old == "<p>Stop it.</p>"
    assert new == "<p>Stop it <ins>at once, please</ins>.</p>"


def test_a_mark_never_crosses_a_tag() -> None:
    _, new = marked_differences(_p("Use the `old` way out of it"), _p("Use the **very** `new` way out of it"))
    assert new == "<p>Use the <strong><ins>very</ins></strong> <code><ins>new</ins></code> way out of it</p>"


def test_texts_with_little_in_common_are_not_covered_with_marks() -> None:
    pair = _p("Stop the gateway."), _p("Backups are taken every night at two.")
    assert marked_differences(*pair) == pair


@given(_TEXTS, _TEXTS)
def test_text_and_tags_stay_whatever_they_are(old: str, new: str) -> None:
    for render in (_p, plain):
        befores = (render(old), render(new))
        for before, after in zip(befores, marked_differences(*befores), strict=True):
            was, now = Page(f"<i>{before}</i>"), Page(f"<i>{after}</i>")
            assert "".join(now.elements[0].pieces) == "".join(was.elements[0].pieces)
            kept = [each for each in now.elements if each.tag not in ("del", "ins")]
            assert [(each.tag, each.attributes) for each in kept] == [
                (each.tag, each.attributes) for each in was.elements
            ]
