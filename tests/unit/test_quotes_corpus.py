"""Quotes by the thousand: no true one is refused whatever its dress, and no invented one is let through."""

from collections import Counter

from tests.quotes import artifacts, invented_quotes, true_quotes

from dramaturg.evidence.locate import FoldedArtifact

FOLDED = {artifact.id: FoldedArtifact(artifact) for artifact in artifacts()}


def test_no_true_quote_is_refused_whatever_its_dress() -> None:
    quotes = [*true_quotes()]
    refused = [each for each in quotes if FOLDED[each.artifact.id].locate(each.quote) is None]
    assert refused == []
    assert len(quotes) > 1000
    assert min(Counter(each.how for each in quotes).values()) > 100


def test_every_invented_quote_is_found_out() -> None:
    quotes = [*invented_quotes()]
    believed = [each for each in quotes if FOLDED[each.artifact.id].locate(each.quote) is not None]
    assert believed == []
    assert len(quotes) > 500
    assert min(Counter(each.how for each in quotes).values()) > 100
