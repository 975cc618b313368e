"""A Postgres for all tests of this folder that ask for one, and a database for each of them."""

import uuid
from collections.abc import Iterator

import pytest
from tests.postgres import database, postgres


@pytest.fixture(name="server", scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(name="url")
def _url(server: str) -> Iterator[str]:
    with database(server, f"t{uuid.uuid4().hex[:12]}") as url:
        yield url
