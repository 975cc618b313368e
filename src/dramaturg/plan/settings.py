"""What the author sets for a step, beside its text; its one rule: a setting that means nothing is reported."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.persona.model import Persona, Step
from dramaturg.plan.model import Reason, make_reason

SETTINGS = ("kind", "section", "format", "needs", "each")
_SHOWN = 12
_ATTRIBUTES = ("number", "name", *SETTINGS)


def some(names: Sequence[str]) -> str:
    """Return names in a row, the first ones of many."""
    shown = names if len(names) <= _SHOWN else (*names[:_SHOWN], "…")
    return ", ".join(shown)


def unknown_settings(persona: Persona) -> Iterator[Finding]:
    """Report settings for steps that do not exist and settings that mean nothing."""
    numbers = [step.number for step in persona.steps]
    for number, settings in persona.step_settings.items():
        if number not in numbers:
            near = get_close_matches(number, numbers, n=1)
            known = f"the protocol has the steps {some(numbers)}" if numbers else "the protocol has no steps"
            remedy = f"did you mean `{near[0]}`?" if near else known
            yield _misset(persona, (number,), f"`steps:` sets step `{number}`, which does not exist", remedy)
        elif not isinstance(settings, Mapping):
            message = f"`steps:` of step `{number}` must be a mapping"
            yield _misset(persona, (number,), message, "write `kind: section` below it")
        else:
            for key in (key for key in settings if key not in SETTINGS):
                message = f"`steps:` of step `{number}` has the unknown setting `{key}`"
                yield _misset(persona, (number, key), message, f"use one of {', '.join(SETTINGS)}")


def settings_of(persona: Persona, step: Step, findings: list[Finding]) -> Mapping[str, tuple[str, Reason]]:
    """Return what the author sets for a step, by key: the tag's attribute before the frontmatter's map.

    What is no text is reported among the findings.
    """
    if not step.attributes and not persona.step_settings:
        return {}
    attributes = {key: text for key, text in step.attributes.items() if key in SETTINGS}
    given = {key: (text, make_reason(f"{key}/attribute", step.opener)) for key, text in attributes.items()}
    settings = persona.step_settings.get(step.number)
    for key, value in settings.items() if isinstance(settings, Mapping) else ():
        if value is None or key in given or key not in SETTINGS:
            continue
        if isinstance(value, Mapping) or (isinstance(value, list) and key != "needs"):
            message = f"step {step.number}: `{key}` must be text"
            place = set_at(persona, step.number, key)
            findings.append(
                Finding(rule="P402", severity=Severity.ERROR, message=message, span=place, help=f"write `{key}: …`")
            )
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        given[key] = text, make_reason(f"{key}/frontmatter", set_at(persona, step.number, key))
    return given


def _misset(persona: Persona, path: Sequence[str], message: str, remedy: str) -> Finding:
    span = set_at(persona, *path)
    return Finding(rule="P405", severity=Severity.ERROR, message=message, span=span, help=remedy)


def set_at(persona: Persona, *path: str) -> Span:
    """Return where the frontmatter's `steps:` map, the nearest in the chain, says something."""
    spans = next(file.frontmatter.spans for file in reversed(persona.chain) if "steps" in file.frontmatter.values)
    return spans[".".join(("steps", *path))]


def unknown_attributes(persona: Persona) -> Iterator[Finding]:
    """Warn of attributes of a Step that mean nothing: what they say would be lost."""
    for step in persona.steps:
        for key in step.attributes:
            if key not in SETTINGS:
                near = get_close_matches(key, _ATTRIBUTES, n=1)
                yield Finding(
                    rule="P406",
                    severity=Severity.WARNING,
                    message=f"`{key}` means nothing on a Step and is not sent to the model",
                    span=step.opener,
                    help=f"did you mean `{near[0]}`?" if near else f"a Step has {', '.join(_ATTRIBUTES)}",
                )
