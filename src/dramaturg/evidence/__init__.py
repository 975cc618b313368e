"""Artifacts to quotes with lines: what was supplied, where a quote stands in it, which passage answers a question."""
