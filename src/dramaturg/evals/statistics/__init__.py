"""Outcomes of two arms to a verdict with its uncertainty; its one rule: no answer without the error it may have."""
