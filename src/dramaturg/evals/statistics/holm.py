"""Several tests to one decision about each; its one rule: one false alarm among them is as rare as with a single test.

Sources: Holm 1979 for p values; Vovk and Wang 2021 (Annals of Statistics 49, 1736-1754) for e-values.
"""

from collections.abc import Mapping


def adjust(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return each p value as Holm's step-down raises it: reject where the result is at most alpha."""
    adjusted: dict[str, float] = {}
    highest = 0.0
    ascending = sorted(p_values, key=lambda name: (p_values[name], name))
    for place, name in enumerate(ascending):
        highest = max(highest, min(1.0, (len(ascending) - place) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}


def adjust_evidence(e_values: Mapping[str, float]) -> dict[str, float]:
    """Return each e-value as the closed average lowers it: reject where the result is at least 1 / alpha.

    A metric's evidence is the least average over any set of metrics that holds it. This is never weaker than Holm
    on 1 / e, since an average is at least its largest member divided by their number.
    """
    ascending = sorted(e_values, key=lambda name: (e_values[name], name))
    adjusted: dict[str, float] = {}
    for name in e_values:
        total = lowest = e_values[name]
        for size, other in enumerate((other for other in ascending if other != name), start=2):
            total += e_values[other]
            lowest = min(lowest, total / size)
        adjusted[name] = lowest
    return adjusted
