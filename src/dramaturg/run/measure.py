"""Artifacts that seem too large to a vendor's count of them; its one rule: what is counted beats what is estimated."""

from dataclasses import replace

from dramaturg.engine.profile import Profile
from dramaturg.models.model import Counts, Model
from dramaturg.run.job import Job

_MARGIN = 1.02  # for the tokens between the parts of a prompt
_FEWEST, _MOST = 1.0, 8.0  # characters of one token


async def measured(job: Job, model: Model) -> Profile:
    """Return a model's traits, its measure of text taken from the vendor where the artifacts seem too large for it.

    What every call begins with is then counted once, which costs nothing, before any call is made.

    Raises:
        ModelError: The vendor cannot be asked.
    """
    profile = model.profile
    if not isinstance(model, Counts) or job.brief(profile, model.name, reasks=0).excerpts is None:
        return profile
    text = "".join(job.whole_brief(profile, model.name, reasks=0).prefix)
    counted = await model.count(text)
    return profile if counted is None else _measured(profile, text, counted)


def _measured(profile: Profile, text: str, counted: int) -> Profile:
    """Return traits by which a text takes as many tokens as were counted."""
    plain = len(text.encode("ascii", "ignore"))
    beyond = profile.tokens(text) - profile.tokens("x" * plain)
    per_token = plain / max(1.0, counted * _MARGIN - beyond)
    return replace(profile, characters_per_token=min(_MOST, max(_FEWEST, per_token)))
