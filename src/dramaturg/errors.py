"""Every exception, grouped by who must act; its one rule: an error holds plain fields and survives pickling.

```
DramaturgError
├─ AuthorError(findings)               the persona's author
├─ CallerError(message)                whoever called: missing artifact, bad setting, no key
│  ├─ KeyMissing(variable, where, instead)  the key of a model is not set
│  └─ SecretsFound(findings)           artifacts that would leave this machine hold secrets
├─ ModelError(message, retryable, hint)    the provider
│  └─ Unreached(message, …)            nothing of its model could be asked from the start
├─ StepFailed(step, findings)          attempts spent; what was wrong, the last raw answer kept
├─ AnswerNeeded(run, questions)        paused: a person must answer; resumable
├─ BudgetSpent(run, limit, spent, needed)  money, tokens or time; resumable
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
        return "\n".join(str(finding) for finding in self.findings if finding.is_error)


class CallerError(DramaturgError):
    """The call cannot be served as made; the message ends with what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class KeyMissing(CallerError):
    """The key of a model is not set.

    Attributes:
        variable: The variable of the environment that is to hold it.
        where: The place that gives one.
        instead: What can be done without it, as whoever chose the model can do it; empty for nothing.
    """

    def __init__(self, variable: str, where: str, instead: str = "") -> None:
        remedy = f"get a key at {where}" + (f", or {instead}" if instead else "")
        super().__init__(f"`{variable}` is not set; {remedy}")
        self.args = (variable, where, instead)
        self.variable = variable
        self.where = where
        self.instead = instead


class SecretsFound(CallerError):
    """Artifacts that would leave this machine hold what looks like secrets; `findings` say where, nothing was sent."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"the artifacts hold what looks like secrets ({len(findings)}); nothing was sent")
        self.args = (findings,)
        self.findings = findings


class ModelError(DramaturgError):
    """A model could not be reached or gave nothing usable.

    Attributes:
        message: What the provider did.
        retryable: Whether the same request may succeed later; such a run stays resumable.
        hint: What the user can do; empty for none.
        retry_after: Seconds the provider asked to wait; None when it did not say.
        limited: Whether the provider says that it is asked too much at once.
    """

    def __init__(
        self,
        message: str,
        retryable: bool,  # noqa: FBT001 - as above
        hint: str = "",
        retry_after: float | None = None,
        limited: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> None:
        super().__init__(message, retryable, hint, retry_after, limited)
        self.message = message
        self.retryable = retryable
        self.hint = hint
        self.retry_after = retry_after
        self.limited = limited

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class Unreached(ModelError):
    """What a recorded answer was expected to stand for must be asked, of a model that was not there from the start."""


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
        reasons = "\n".join(str(finding) for finding in self.findings)
        return f"step {self.step} `{self.title}` could not be satisfied:\n{reasons}"


class AnswerNeeded(DramaturgError):
    """A run waits for a person; it is kept, and goes on with `resume` once the answers are there.

    Attributes:
        run: The run's id.
        questions: Id, kind (`confirm`, `clarify`, `artifact` or `reset`) and text of each question that is open.
    """

    def __init__(self, run: str, questions: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__(run, questions)
        self.run = run
        self.questions = questions

    @property
    def id(self) -> str:
        """The first question's id."""
        return self.questions[0][0]

    @property
    def kind(self) -> str:
        """The first question's kind."""
        return self.questions[0][1]

    @property
    def text(self) -> str:
        """The first question's text."""
        return self.questions[0][2]

    def __str__(self) -> str:
        asked = "\n".join(f"{name} ({kind}): {text}" for name, kind, text in self.questions)
        return f"run `{self.run}` waits for an answer:\n{asked}"


class BudgetSpent(DramaturgError):
    """The next call could exceed what a run may use; it was not made, and what exists is kept.

    Attributes:
        run: The run's id; empty when none was begun.
        limit: What was set, in words, such as `$0.01` or `20,000 tokens`.
        spent: What has been used, in the same unit.
        needed: What finishing takes at most, in the same unit.
    """

    def __init__(self, run: str, limit: str, spent: str, needed: str) -> None:
        super().__init__(run, limit, spent, needed)
        self.run = run
        self.limit = limit
        self.spent = spent
        self.needed = needed

    def __str__(self) -> str:
        return f"the next call could exceed {self.limit}: {self.spent} is spent, finishing takes at most {self.needed}"


class JournalMiss(DramaturgError):
    """A journal has no answer for a question this plan asks."""

    def __init__(self, step: str, message: str) -> None:
        super().__init__(step, message)
        self.step = step
        self.message = message

    def __str__(self) -> str:
        return self.message
