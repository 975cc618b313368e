"""Journals of DPA-1 on the example, with answers of no importance."""

from pathlib import Path

from dramaturg.engine.calls import ModelCall, ModelReply
from dramaturg.run.journal import Journal

REPLY = ModelReply(text="{}", model="tiny")
SPECS = {"scripted": "scripted"}


def kept(journal: Journal, calls: list[ModelCall]) -> Path:
    """Keep an answer to each call, close the journal and return its file."""
    with journal:
        for call in calls:
            journal.keep(call.key, call, REPLY)
    return journal.record.path
