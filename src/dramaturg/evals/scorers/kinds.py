"""What a suite writes under `scorers` to scorers; its one rule: a name alone, or a name and what it is given.

```yaml
scorers:
  - coverage                          # as it is
  - support: {at_least: 0.9}          # with fields
  - contains: [4.2.0, maintenance on] # with its main field only
```
"""

from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field

from dramaturg.evals.scorers.data import Json
from dramaturg.evals.scorers.effort import Calls, Cost, Latency, Tokens
from dramaturg.evals.scorers.grounds import Citations, OpenQuestions, Support
from dramaturg.evals.scorers.judged import Pairwise, Rubric
from dramaturg.evals.scorers.model import Scorer
from dramaturg.evals.scorers.own import Python
from dramaturg.evals.scorers.structure import Answered, Coverage, Sections, WellFormed
from dramaturg.evals.scorers.text import Contains, Length, Matches, Names, NotContains, NotMatches, Order

_Of = Sections | Coverage | Answered | WellFormed | Citations | Support | OpenQuestions
_Text = Contains | NotContains | Matches | NotMatches | Names | Order | Length
_Rest = Json | Cost | Latency | Calls | Tokens | Python | Rubric | Pairwise
SCORERS: Mapping[str, type[Scorer]] = {
    cls.model_fields["kind"].default: cls for cls in (*get_args(_Of), *get_args(_Text), *get_args(_Rest))
}
USUAL = ("sections", "coverage", "citations", "markdown")


def _tagged(written: Any) -> Any:
    """Return what a suite writes as the fields of a scorer, its kind among them."""
    if isinstance(written, str):
        return {"kind": written}
    if not (isinstance(written, dict) and len(written) == 1):
        return written
    ((kind, given),) = written.items()
    if given is None or isinstance(given, dict):
        return {**(given or {}), "kind": kind}
    short = SCORERS[kind].short if kind in SCORERS else ""
    return {"kind": kind, short or "value": given}


AnyScorer = Annotated[_Of | _Text | _Rest, Field(discriminator="kind"), BeforeValidator(_tagged)]
