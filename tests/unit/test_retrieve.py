"""Questions to passages: what answers, what does not, and in which order."""

from collections.abc import Iterator

import pytest
from tests.support import dpa1_job

from dramaturg.evidence.artifact import MARKDOWN, PLAIN, Artifact
from dramaturg.evidence.retrieve import Hit, Index

AT_LEAST = 0.25


@pytest.fixture(scope="module")
def example() -> Iterator[Index]:
    """The example's artifacts, indexed."""
    index = Index(dpa1_job().artifacts)
    yield index
    index.close()


def index_of(*texts: str, media_type: str = MARKDOWN) -> Index:
    """Return an index of artifacts called a, b and so on."""
    names = "abcdef"
    return Index([Artifact(id=names[at], text=text, media_type=media_type) for at, text in enumerate(texts)])


def places(hits: list[Hit]) -> list[tuple[str, int]]:
    """Return artifact and first line of each hit."""
    return [(hit.passage.artifact, hit.passage.first) for hit in hits]


@pytest.mark.parametrize(
    ("demand", "line"),
    [
        ("Verifying all production environment variables and secrets.", 40),
        ("Confirming external services and infrastructure are ready.", 36),
        ("Ensuring the final container images are built, versioned, and stored in a registry.", 53),
        ("Enabling maintenance mode.", 59),
        ("Applying database migrations.", 71),
        ("Running critical smoke tests against the live environment.", 83),
        ("Instructions on which dashboards to observe (e.g., CPU, memory, error rates).", 97),
        ("Specific commands to check service logs for startup errors.", 99),
    ],
)
def test_the_lines_that_answer_a_demand_are_found(example: Index, demand: str, line: int) -> None:
    assert ("architectural_blueprint", line) in places(example.search(demand, at_least=AT_LEAST, limit=6))


def test_a_demand_that_no_line_answers_finds_nothing(example: Index) -> None:
    assert example.search("A mandatory database backup and restore validation.", at_least=AT_LEAST, limit=6) == []


def test_the_best_answer_comes_first_and_says_more_of_the_question(example: Index) -> None:
    hits = example.search("Disabling maintenance mode.", at_least=0.1, limit=6)
    assert hits[0].passage.text == "Disable maintenance mode:"
    assert [hit.coverage for hit in hits] == sorted((hit.coverage for hit in hits), reverse=True)
    assert all(0 < hit.coverage <= 1 for hit in hits)


def test_the_same_question_finds_the_same_passages_every_time(example: Index) -> None:
    again = Index(dpa1_job().artifacts)
    for requirement in (requirement for step in dpa1_job().plan.sections for requirement in step.requirements):
        first = example.search(requirement.text, at_least=0, limit=20)
        assert first == again.search(requirement.text, at_least=0, limit=20)
    again.close()


def test_a_question_without_a_meaningful_word_finds_nothing() -> None:
    assert index_of("what is it for").search("What is it for?", at_least=0, limit=5) == []


def test_a_question_to_no_artifacts_finds_nothing() -> None:
    assert Index(()).search("backups", at_least=0, limit=5) == []


def test_punctuation_of_a_question_is_no_search_syntax() -> None:
    index = index_of('the "gateway" restarts')
    assert places(index.search('gateway" OR NEAR( AND * restarts: -^', at_least=0.1, limit=5)) == [("a", 1)]


def test_a_passage_that_says_a_part_of_the_question_says_less() -> None:
    others = "\n\n".join(f"the cache entry {number}" for number in range(8))
    index = index_of(f"nightly backups are taken\n\nnightly backups are encrypted\n\n{others}\n")
    both, one = index.search("encrypted nightly backups", at_least=0, limit=5)
    assert (both.passage.first, one.passage.first) == (3, 1)
    assert both.coverage > one.coverage


def test_one_that_says_much_less_than_the_best_is_left_out() -> None:
    filler = "\n\n".join(f"the redis entry {number}" for number in range(8))
    index = index_of(f"postgres redis failover\n\n{filler}\n")
    assert places(index.search("postgres failover of redis", at_least=0, limit=5)) == [("a", 1)]


def test_word_forms_are_one_word_and_asked_once() -> None:
    index = index_of("It functions.\n\nSomething else.\n")
    (hit,) = index.search("functional functions", at_least=0, limit=5)
    assert hit.coverage == pytest.approx(1)


def test_a_heading_answers_less_than_the_text_itself() -> None:
    index = index_of("# Notes\n\n## Rollback\n\nStart the old tag.\n\n## Other\n\nA rollback is possible.\n")
    text, heading = index.search("rollback", at_least=0, limit=5)
    assert (text.passage.first, heading.passage.first) == (9, 5)
    assert heading.coverage < text.coverage


def test_the_title_of_the_document_answers_nothing() -> None:
    assert index_of("# Backup concept\n\nText.\n").search("backup", at_least=0, limit=5) == []


def test_among_equals_the_primary_artifact_comes_first() -> None:
    index = index_of("The queue is durable.", "The queue is durable.")
    hits = index.search("durable queue", at_least=0, limit=5)
    assert places(hits) == [("a", 1), ("b", 1)]
    assert [index.rank(hit.passage) for hit in hits] == [0, 1]


def test_no_more_than_the_limit_is_returned() -> None:
    index = index_of("\n\n".join(f"queue number {number}x" for number in range(9)))
    assert len(index.search("queue", at_least=0, limit=4)) == 4


def test_a_passage_that_proves_nothing_is_passed_over() -> None:
    index = index_of("Queue.\n\nThe queue is durable.\n\nQueue 42\n")
    assert [passage.text for passage in index.passages] == ["The queue is durable.", "Queue 42"]


def test_the_passages_right_below_a_heading_are_found_by_its_title() -> None:
    index = index_of(
        "# Top\n\n## Roll-Back Plan\n\nFirst of them.\n\nSecond of them.\n\n### Deeper\n\nThird of them.\n"
    )
    assert [passage.first for passage in index.called("roll back plan", limit=5)] == [5, 7]
    assert [passage.first for passage in index.called("roll back plan", limit=1)] == [5]
    assert index.called("plan", limit=5) == []


@pytest.mark.parametrize(
    "line",
    [
        "Rollback: the image before is started again.",
        "- **Rollback:** the image before is started again.",
        "2. Rollback procedure: the image before is started again.",
        "*Rollback Steps*: the image before is started again.",
        "| Step | How |\n|---|---|\n| Rollback | the image before is started again |",
    ],
)
def test_a_passage_is_found_by_what_its_author_labels_it(line: str) -> None:
    (passage,) = index_of(f"# Top\n\n{line}\n").called("ROLLBACK PLAN", limit=5)
    assert "the image before" in passage.text


@pytest.mark.parametrize(
    "line",
    [
        "The rollback: the image before is started again.",
        "Rollback is done by hand: the image before is started again.",
        "rollback:4711 is the image that is started again.",
        "Plan: the image before is started again.",
    ],
)
def test_what_only_speaks_of_it_is_not_labelled_so(line: str) -> None:
    assert index_of(f"# Top\n\n{line}\n").called("ROLLBACK PLAN", limit=5) == []


def test_a_long_passage_is_cut_between_its_lines() -> None:
    lines = [f"key{number:03}: {'value ' * 8}".rstrip() for number in range(60)]
    index = index_of("\n".join(lines), media_type=PLAIN)
    assert [line for piece in index.passages for line in piece.text.split("\n")] == lines
    assert all(len(piece.text) < 1100 for piece in index.passages)
    assert [piece.first for piece in index.passages[1:]] == [piece.last + 1 for piece in index.passages[:-1]]
    (hit,) = index.search("key042", at_least=0, limit=5)
    assert "key042" in hit.passage.text


def test_code_stays_whole_however_long_it_is() -> None:
    code = "\n".join(f"echo {number} {'x' * 40}" for number in range(60))
    index = index_of(f"Run the commands:\n\n```sh\n{code}\n```\n")
    assert [passage.text for passage in index.passages] == ["Run the commands:", code]
