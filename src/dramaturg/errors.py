"""Every exception, grouped by who must act; its one rule: an error holds plain fields and survives pickling.

```
DramaturgError
├─ AuthorError(findings)               the persona's author
├─ CallerError(message)                whoever called: missing artifact, bad setting, no key
├─ ModelError(message, retryable, hint)    the provider
├─ StepFailed(step, findings)          attempts spent; what was wrong, the last raw answer kept
└─ JournalMiss(step, message)          the journal does not fit this plan, or strict replay has no answer
```
All fields go to `super().__init__`, because that is what `pickle` calls a subclass with again.
"""

from dramaturg.findings.model import Finding


class DramaturgError(Exception):
    """Anything this package raises on purpose."""


class AuthorError(DramaturgError):
    """The text of a persona cannot be performed; `findings` say where and how to mend it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(findings)
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(_line(finding) for finding in self.findings if finding.is_error)


class CallerError(DramaturgError):
    """The call cannot be served as made; the message ends with what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class ModelError(DramaturgError):
    """A model could not be reached or gave nothing usable.

    Attributes:
        message: What the provider did.
        retryable: Whether the same request may succeed later; such a run stays resumable.
        hint: What the user can do; empty for none.
        retry_after: Seconds the provider asked to wait; None when it did not say.
    """

    def __init__(self, message: str, retryable: bool, hint: str = "", retry_after: float | None = None) -> None:  # noqa: FBT001 - pickle replays fields by position
        super().__init__(message, retryable, hint, retry_after)
        self.message = message
        self.retryable = retryable
        self.hint = hint
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class StepFailed(DramaturgError):
    """A step's answer still falls short after every attempt.

    Attributes:
        step: The plan step's id.
        title: The section, or the step's name where it writes none.
        findings: Why, one finding for each fault of the last answer.
        raw: The last answer as the model gave it.
        run: The run that holds what was produced so far; empty when none was kept.
    """

    def __init__(self, step: str, title: str, findings: tuple[Finding, ...], raw: str = "", run: str = "") -> None:
        super().__init__(step, title, findings, raw, run)
        self.step = step
        self.title = title
        self.findings = findings
        self.raw = raw
        self.run = run

    def __str__(self) -> str:
        reasons = "\n".join(_line(finding) for finding in self.findings)
        return f"step {self.step} `{self.title}` could not be satisfied:\n{reasons}"


class JournalMiss(DramaturgError):
    """A journal has no answer for a question this plan asks."""

    def __init__(self, step: str, message: str) -> None:
        super().__init__(step, message)
        self.step = step
        self.message = message

    def __str__(self) -> str:
        return self.message


def _line(finding: Finding) -> str:
    place = f"{finding.span}: " if finding.span else ""
    remedy = f"; {finding.help}" if finding.help else ""
    return f"{place}{finding.severity}[{finding.rule}]: {finding.message}{remedy}"
