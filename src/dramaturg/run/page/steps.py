"""The calls of a run to what each step took; its one rule: tokens, seconds and money add up to those of the run."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from dramaturg.engine.brief import JUDGE
from dramaturg.engine.calls import Usage
from dramaturg.engine.judging import TITLE
from dramaturg.models.prices import Price, dollars
from dramaturg.run.budget import Tariffs
from dramaturg.run.page.text import plain, prose, remark
from dramaturg.run.retell import Exchange, Retold

_LONGEST = 40_000  # characters of a prompt or an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What calls took; `seconds` is None where that was not measured, `cost` is in words."""

    calls: int
    again: int
    usage: Usage
    seconds: float | None
    cost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A call as a reader sees it: what was asked beyond the turns before it, and the answer."""

    asked: Markup
    answer: Markup
    model: str
    stop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStep:
    """A step: what it took, why answers of it were not accepted, and what was said.

    Attributes:
        anchor: The id of its prompts on the page.
        number: As the persona counts it.
        title: What it is called.
        kind: What it does.
        model: The model that was asked; empty for none.
        taken: What its calls took.
        rejected: For each answer that fell short, why.
        said: Its calls.
    """

    anchor: str
    number: str
    title: Markup
    kind: str
    model: str
    taken: Taken
    rejected: tuple[tuple[Markup, ...], ...]
    said: tuple[Said, ...]


def steps_of(told: Retold) -> tuple[ShownStep, ...]:
    """Return the steps of a run that were performed, and what its judge was asked."""
    asked = {step.id: told.brief.respondent(step).model if step.is_asked else "" for step in told.job.plan.performed}
    steps = [(step.id, step.title, step.kind.value, asked[step.id]) for step in told.job.plan.performed]
    if JUDGE in told.brief.others:
        steps.append((JUDGE, TITLE, JUDGE, told.brief.others[JUDGE].model))
    return tuple(_shown(f"p{place}", told, *step) for place, step in enumerate(steps, start=1))


def _shown(anchor: str, told: Retold, step: str, title: str, kind: str, model: str) -> ShownStep:
    exchanges = [each for each in told.exchanges if each.call.step == step]
    rejected = (event.findings for event in told.rejected if event.step == step)
    return ShownStep(
        anchor=anchor,
        number="" if step == JUDGE else step,
        title=prose(title),
        kind=kind,
        model=model,
        taken=taken(exchanges, told.record.price),
        rejected=tuple(tuple(remark(finding.message) for finding in findings) for findings in rejected),
        said=tuple(_said(told, exchanges)),
    )


def taken(exchanges: Sequence[Exchange], price: Price | None) -> Taken:
    """Return what calls took together; `price` is that of models whose price is not known."""
    tariffs = Tariffs(given=price)
    costs = [tariffs.of(each.call.model).cost(each.reply.usage) for each in exchanges]
    known = [cost for cost in costs if cost is not None]
    times = [each.seconds for each in exchanges if each.seconds is not None]
    return Taken(
        calls=len(exchanges),
        again=sum(each.call.attempt > 0 for each in exchanges),
        usage=sum((each.reply.usage for each in exchanges), Usage()),
        seconds=sum(times) if len(times) == len(exchanges) else None,
        cost=dollars(sum(known, Decimal(0))) if len(known) == len(costs) else "price not known",
    )


def shortened(text: str) -> Markup:
    """Return a prompt as it stands; of one too long for a page its beginning."""
    more = f"\n… {len(text) - _LONGEST:,} more characters, in the run's journal" if len(text) > _LONGEST else ""
    return plain(text[:_LONGEST] + more)


def _said(told: Retold, exchanges: Iterable[Exchange]) -> Iterator[Said]:
    artifacts = told.brief.prefix[1]
    for each in exchanges:
        own = "".join(part.text for part in each.call.messages[-1].parts if part.text != artifacts)
        yield Said(
            asked=shortened(own),
            answer=shortened(_laid_out(each.reply.text)),
            model=each.reply.model or each.call.model,
            stop=each.reply.stop,
        )


def _laid_out(answer: str) -> str:
    """Return an answer with its JSON laid out; one that is none as it stands."""
    try:
        return json.dumps(json.loads(answer), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return answer
