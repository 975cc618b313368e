"""Runs on many machines: one Postgres, any number of workers; its one rule: an answer that is written down stays.

Only this package imports `dbos` (the extra `durable`). A run is a workflow named by its id, a call to a model a durable
step of it, a question to a person a durable wait.
"""
