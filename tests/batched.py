"""A small suite of DPA-1 that is performed through a vendor's batches, as quickly as they end."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.batch_vendors import AnthropicBatches, BatchVendor, OpenAIBatches
from tests.suites import IMPATIENT, Bench, new_bench
from tests.vendors import ANTHROPIC, Responses

from dramaturg.evals import Evaluated, Terms, run_suite
from dramaturg.evals.carrying import Polling, Waiting

Make = Callable[[], BatchVendor]
BACKUP = "        - **Data Integrity:** A mandatory database backup and restore validation procedure.\n"
FILE = "evals/one.suite.yaml"
HASTY = Polling(first=0.001, longest=0.001, misses=2)
_RESPONSES = Responses("gpt-5.5")
_SUITE = """personas: DPA-1
repeats: {repeats}
gate: {{metrics: [coverage]}}
scorers: [sections, coverage{more}]
cases:
  - id: parcels
    artifacts:
      architectural_blueprint: cases/parcel-tracking/blueprint.md
"""
_VENDORS: Mapping[str, Make] = {
    "anthropic": lambda: AnthropicBatches(ANTHROPIC),
    "openai": lambda: OpenAIBatches(_RESPONSES),
}
both = pytest.mark.parametrize("vendor", _VENDORS.values(), ids=_VENDORS)
either = pytest.mark.parametrize(  # what asks much and has to do with both in one way
    "vendor",
    [pytest.param(make, id=name, marks=[pytest.mark.slow] * (name == "openai")) for name, make in _VENDORS.items()],
)


def batch_bench(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Make a checkout with the suite, and go there."""
    bench = new_bench(folder, monkeypatch)
    write(bench)
    return bench


def write(bench: Bench, repeats: int = 2, more: str = "") -> None:
    """Write the suite anew; `more` are scorers."""
    bench.checkout.write(FILE, _SUITE.format(repeats=repeats, more=more))


def performed(vendor: BatchVendor, told: Callable[[Waiting], None] = lambda _: None, **terms: Any) -> Evaluated:
    """Perform the suite with a vendor, against HEAD and in batches unless terms say otherwise."""
    settled: dict[str, Any] = {"baseline": "HEAD", "batch": True, "polling": HASTY, "retry": IMPATIENT}
    return run_suite(Path(FILE), Terms(**settled | {"models": [vendor.model]} | terms), on_batch=told)
