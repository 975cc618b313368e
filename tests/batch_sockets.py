"""Vendors that take batches on a socket of this machine, for another process."""

import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.batch_vendors import BatchVendor
from tests.listening import Listening


def served(vendor: BatchVendor) -> Listening:
    """Return the vendor on a socket of this machine."""
    return Listening(_handler(vendor), waits=False)


def _handler(vendor: BatchVendor) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            with lock:
                status, said = vendor.take(self.command, self.path, content, self.headers.get("content-type") or "")
            with suppress(ConnectionError):  # the client has left
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

        do_GET = do_POST = _serve  # noqa: N815 - the names the base class gives them

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name the base class gives it
            """Say nothing."""

    return Handler
