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


def pairs_text(a: int = 12, b: int = 12, ties: int = 4, criterion: str = CRITERION) -> str:
    """Return a file of labelled pairs; the better one of two says `Data Integrity`, in a tie both do."""
    kinds = [("a", number) for number in range(a)] + [("b", number) for number in range(b)]
    kinds += [("tie", number) for number in range(ties)]
    entries = []
    for verdict, number in kinds:
        one = _document("fail" if verdict == "b" else "pass", number)
        other = _document("fail" if verdict == "a" else "pass", number).replace("it.", "it and wait.")
        entries.append(
            f"  - id: {verdict} {number}\n    verdict: {verdict}\n    a: {{text: {json.dumps(one)}}}\n"
            f"    b: {{text: {json.dumps(other)}}}\n"
        )
    return f"criterion: {json.dumps(criterion)}\npairs:\n{''.join(entries)}"
