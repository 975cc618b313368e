"""Renew the answers that go with the shipped suites, after an edit of a persona or prompt: `python -m tests.record`.

Only what was never asked is asked: seconds with the quoting of evidence, a minute or two with the small real model.
"""

import sys
from pathlib import Path

from tests.support import ROOT
from tests.weights import weights_path

from dramaturg.evals import Terms
from dramaturg.evals.reading import read_suite
from dramaturg.evals.recording import Recording, record_suite


def renewed(suite: Path) -> Recording:
    """Record a suite; a model whose weights lie among the installed packages is taken from there."""
    local = any(model.startswith("gguf:") for model in read_suite(suite).suite.models)
    return record_suite(suite, Terms(models=[f"gguf:{weights_path()}"] if local else []))


if __name__ == "__main__":
    for path in sorted((ROOT / "evals").glob("*.suite.yaml")):
        done = renewed(path)
        told = (
            f"{done.path.name}: {done.questions} questions, {done.new} new, {done.gone} left out, {done.asked} asked\n"
        )
        sys.stdout.write(told)
