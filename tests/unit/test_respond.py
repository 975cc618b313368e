"""Files of answers: what is written is what is answered, and whatever else stands there is told, never raised."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dramaturg.engine.calls import Answer
from dramaturg.errors import CallerError
from dramaturg.run.respond import Known, answers_of, parse_answers, read_answers

_PIECES = [
    *(
        "3",
        "3.10",
        "'2.2'",
        ": ",
        ":",
        "- ",
        "  ",
        "\n",
        "yes",
        "~",
        "[",
        "]",
        "{",
        "}",
        ",",
        '"',
        "'",
        "|\n",
        "#",
        "? ",
    ),
    *("&a ", "*a", "<<: ", "---\n", "@", "@x.md", "!!timestamp ", "!!bool ", "!!int ", "2026-13-45", "9" * 5000),
    *("[" * 50, '{"a":' * 50, "\t", "\0", "\ufeff", "\r\n", "\u2028", '"\\ud800"', '"@a\\0b"', "@~nobody-there/x"),
]


def _file(folder: Path, text: str) -> Path:
    path = folder / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("3.1: a\n3.10: b\n", {"3.1": "a", "3.10": "b"}),
        ("3: yes\n4: true\n5: 'true'\n6: FALSE\n", {"3": "yes", "4": True, "5": "true", "6": False}),
        ("1: 12:30\n2: 010\n3: 1_000\n4: 1e3\n", {"1": "12:30", "2": "010", "3": "1_000", "4": "1e3"}),
        ("1: 2026-11-28\n2: 2026-13-45\n", {"1": "2026-11-28", "2": "2026-13-45"}),
        ("3:\n4: [off, ~]\n", {"3": "", "4": ["off", ""]}),
        ('{"3.10": "\\ud83d\\ude00", "4": [1.50, true, null]}', {"3.10": "\U0001f600", "4": ["1.50", True, ""]}),
        ("\ufeff3: a\r\n4: |\r\n  b\r\n", {"3": "a", "4": "b\n"}),
    ],
)
def test_an_answer_is_what_is_written(tmp_path: Path, text: str, known: Known) -> None:
    assert read_answers(_file(tmp_path, text)) == known


def test_a_file_beside_the_answers_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("down", encoding="utf-8")
    known = read_answers(_file(tmp_path, "3: '@x.log'\n"))
    assert answers_of(known)["3"][0].artifact == "down"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("3: a\n4: 'b\n", "answers.yaml:2:4`: the file of answers is not valid YAML: "),
        ("3: a\n4: &x b\n", "answers.yaml:2:4`: anchors and aliases are not allowed in the file of answers; write"),
        ("3: a\n3: b\n", "answers.yaml:2:1`: `3` is given twice; keep one of them"),
        ("3: @x.log\n", "answers.yaml:1:4`: the file of answers is not valid YAML"),
        ("3: !!timestamp x\n", "answers.yaml:1:4`: the tag `tag:yaml.org,2002:timestamp` is not allowed"),
        ("3: a\0b\n", "answers.yaml:1:5`: the file of answers holds the character U+0000"),
        ("[" * 3000, "is nested more than 40 deep"),
        ("", "must be a mapping; write lines such as `3: yes`"),
        ("3: {a: b}\n", "the answer to `3` must be text or a list of texts"),
        ("3: '@~nobody-there/x'\n", "begins with the home folder of nobody"),
    ],
)
def test_what_is_no_answer_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CallerError) as raised:
        read_answers(_file(tmp_path, text))
    assert told in str(raised.value)


def test_a_name_that_no_file_can_have_is_told(tmp_path: Path) -> None:
    known = read_answers(_file(tmp_path, r'3: "@a\0b"'))
    with pytest.raises(CallerError, match="cannot be read: embedded null byte"):
        answers_of(known)
    with pytest.raises(CallerError, match="begins with the home folder of nobody"):
        parse_answers(["3=@~nobody-there/x"])


def test_an_answer_that_is_no_unicode_is_refused(tmp_path: Path) -> None:
    for known in (parse_answers(["3=a\udcff"]), read_answers(_file(tmp_path, r'{"3": ["a\udcff"]}'))):
        with pytest.raises(CallerError, match=r"the answer to question 3 is not Unicode text \(character 1 is a lone"):
            answers_of(known)


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=9).map("".join))
@example("3: 2026-13-45\n")
@example("[" * 3000)
def test_any_text_is_a_file_of_answers_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = _file(tmp_path_factory.getbasetemp(), text)
    try:
        known = answers_of(read_answers(path))
    except CallerError:
        return
    assert all(isinstance(answer, Answer) for given in known.values() for answer in given)
