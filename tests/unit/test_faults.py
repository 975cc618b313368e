"""A provider's failure in words: whom to blame, whether to try again, how long to wait, what helps."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramaturg import ModelError
from dramaturg.models.faults import broke_off, from_status, not_an_answer, unreachable


def _status(status: int, headers: Mapping[str, str] | None = None, body: str = "") -> ModelError:
    return from_status("Acme", status, headers or {}, body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            '{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}',
            "Acme answered 503: Overloaded",
        ),
        ('{"error": {"message": "Rate\\n  limit", "code": null}}', "Acme answered 503: Rate limit"),
        ('{"error": "model not found"}', "Acme answered 503: model not found"),
        ('{"message": "not authorized", "type": "x"}', "Acme answered 503: not authorized"),
        ('{"detail": [{"msg": "bad"}]}', 'Acme answered 503: {"detail": [{"msg": "bad"}]}'),
        ('{"error": {"message": ""}}', 'Acme answered 503: {"error": {"message": ""}}'),
        ('["no"]', 'Acme answered 503: ["no"]'),
        ('"no"', "Acme answered 503: no"),
        ("upstream\n   died", "Acme answered 503: upstream died"),
        ("[" * 20_000, f"Acme answered 503: {'[' * 300}"),
        ("x" * 1000, f"Acme answered 503: {'x' * 300}"),
        (" \n", "Acme answered 503"),
        ("", "Acme answered 503"),
    ],
)
def test_the_providers_own_sentence_is_found_in_whatever_it_sends(body: str, message: str) -> None:
    assert _status(503, body=body).message == message


@pytest.mark.parametrize(
    ("retryable", "statuses"),
    [(False, (302, 400, 401, 402, 403, 404, 413, 422)), (True, (408, 409, 429, 500, 502, 503, 504, 529))],
    ids=["final", "passing"],
)
def test_faults_that_may_pass_are_retryable(statuses: tuple[int, ...], *, retryable: bool) -> None:
    assert [_status(status).retryable for status in statuses] == [retryable] * len(statuses)


@pytest.mark.parametrize(
    ("status", "told", "retryable"),
    [(503, "false", False), (400, "true", True), (400, "TRUE", True), (503, "maybe", True), (400, "maybe", False)],
)
def test_the_providers_own_word_on_trying_again_overrules_the_status(
    status: int, told: str, *, retryable: bool
) -> None:
    assert _status(status, {"x-should-retry": told}).retryable is retryable


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, "", "check the API key"),
        (402, "", "check the account's credit"),
        (403, "", "check that the key may use this model"),
        (404, "", "check the model's name, and the server's address if you gave one"),
        (413, "", "give shorter artifacts or choose a model with a larger window"),
        (
            400,
            "prompt is too long: 9 tokens > 8 maximum",
            "give shorter artifacts or choose a model with a larger window",
        ),
        (
            400,
            '{"error": {"message": "no", "type": "exceed_context_size_error"}}',
            "give shorter artifacts or choose a model with a larger window",
        ),
        (500, "context length", "run the same command again later, nothing is asked twice"),
        (429, '{"error": {"message": "no", "code": "insufficient_quota"}}', "check the account's credit"),
        (429, "", "the provider limits your rate; run the same command again later, nothing is asked twice"),
        (503, "", "run the same command again later, nothing is asked twice"),
        (400, "", "see the provider's message"),
    ],
)
def test_the_hint_says_what_helps(status: int, body: str, hint: str) -> None:
    assert _status(status, body=body).hint == hint


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1, 2"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Wed, 21 Oct 99999999999999999999 07:28:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_the_pause_a_provider_asks_for_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert _status(429, headers).retry_after == seconds


@pytest.fixture
def _far_east() -> Iterator[None]:
    """Put the machine where the day begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    "written",
    [
        lambda moment: format_datetime(moment, usegmt=True),
        lambda moment: format_datetime(moment.astimezone(UTC)),
        lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S"),
        lambda moment: moment.strftime("%a %b %d %H:%M:%S %Y"),
    ],
    ids=["IMF date", "offset", "no zone", "asctime"],
)
@pytest.mark.usefixtures("_far_east")
def test_a_date_to_wait_for_is_utc_wherever_the_machine_stands(written: Callable[[datetime], str]) -> None:
    waited = _status(429, {"retry-after": written(datetime.now(UTC) + timedelta(hours=1))}).retry_after
    assert waited is not None
    assert 3500 < waited <= 3600


@given(st.text() | st.dates().map(str) | st.datetimes().map(format_datetime))
def test_no_pause_asked_for_is_worse_than_unreadable(value: str) -> None:
    waited = _status(429, {"retry-after": value, "retry-after-ms": value}).retry_after
    assert waited is None or waited >= 0


@pytest.mark.parametrize(
    ("error", "shown"),
    [(OSError("refused"), "refused"), (TimeoutError(), "TimeoutError")],
)
def test_a_broken_connection_is_told_by_its_cause_even_one_without_words(error: Exception, shown: str) -> None:
    outer = RuntimeError("Connection error.")
    outer.__cause__ = error
    fault = unreachable("Acme", outer)
    assert fault.message == f"Acme could not be reached: {shown}"
    assert unreachable("Acme", RuntimeError("Connection error.")).message.endswith(": Connection error.")
    assert fault.retryable


def test_what_is_no_answer_and_what_broke_off_may_be_repeated_unless_told_otherwise() -> None:
    assert not_an_answer("Acme", "x").retryable
    assert broke_off("Acme", "x").retryable
    assert str(broke_off("Acme", "policy", retryable=False)) == "Acme broke off its answer (policy)"
