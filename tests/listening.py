"""A server on a socket of this machine, for as long as a block lasts."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class _Server(ThreadingHTTPServer):
    request_queue_size = 512  # a crowd that comes at once is let in at once: what finds no place knocks a second later


class Listening:
    """A server, as a context manager.

    Args:
        handler: What answers its requests.
        waits: At the end of the block, wait for the answers under way.
        port: Where it is reached; a free one for 0.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], *, waits: bool = True, port: int = 0) -> None:
        self._http = _Server(("127.0.0.1", port), handler)
        self._http.daemon_threads = not waits
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def port(self) -> int:
        """Where it is reached on this machine."""
        return self._http.server_port

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    def let_go(self) -> None:
        """Let answers that are held back come to their end; nothing holds any unless a server says so."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
