"""Files of labels as people write them: short documents that meet a criterion, and as many that do not."""

import json
from pathlib import Path

CRITERION = "A backup is taken before anything is changed."


def labels_text(passes: int = 20, fails: int = 20, criterion: str = CRITERION) -> str:
    """Return a file of labels; what meets the criterion says `Data Integrity`."""
    kinds = [("pass", number) for number in range(passes)] + [("fail", number) for number in range(fails)]
    entries = [
        f"  - id: {verdict} {number}\n    verdict: {verdict}\n    text: {json.dumps(_document(verdict, number))}\n"
        for verdict, number in kinds
    ]
    return f"criterion: {json.dumps(criterion)}\nlabels:\n{''.join(entries)}"


def _document(verdict: str, number: int) -> str:
    check = "Data Integrity: back up the database" if verdict == "pass" else "Look at the dashboards"
    return f"# Plan {number}\n\n- {check} of service {number}, then stop it.\n"


def write_labels(path: Path, text: str = "") -> None:
    """Write a file of labels."""
    path.write_text(text or labels_text(), encoding="utf-8")
