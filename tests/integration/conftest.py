"""Servers for the tests of this folder that ask for one: a Postgres, a model's, a collector of spans."""

import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chat_server import ChatServer
from tests.collector import Collector
from tests.postgres import database, postgres


@pytest.fixture(name="server", scope="session")
def _server() -> Iterator[str]:
    # not among pytest's own: those of an earlier session are removed when the next one begins, and paths get long
    with tempfile.TemporaryDirectory(prefix="dramaturg-") as folder, postgres(Path(folder)) as url:
        yield url


@pytest.fixture(name="url")
def _url(server: str) -> Iterator[str]:
    with database(server, f"t{uuid.uuid4().hex[:12]}") as url:
        yield url


@pytest.fixture(name="chat")
def _chat() -> Iterator[ChatServer]:
    with ChatServer() as chat:
        yield chat


@pytest.fixture(name="collector")
def _collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector
