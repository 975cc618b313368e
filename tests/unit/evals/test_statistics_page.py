"""The page on statistics: what it shows is what comes out."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"


def test_the_example_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = re.findall(r"```(?:python)?\n(.*?)```", PAGE.read_text(), re.DOTALL)
    exec(code, {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == printed
