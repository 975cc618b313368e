"""Vendors that take batches, as theirs do, over a transport in this process.

A batch ends as soon as it may, and each of its requests is answered as one made alone would be, unless a test says what
becomes of it. Requests made alone are kept too.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from tests.servers import good_text
from tests.vendors import Body, Vendor

from dramaturg.models.model import Model

Became = Callable[["Batch", str], Any]
Fault = Callable[["BatchVendor", str, str], int | None]
_DAY = {"created_at": "2026-11-28T02:00:00Z", "expires_at": "2026-11-29T02:00:00Z", "archived_at": None}


@dataclass
class Batch:
    """A batch that was taken: its requests by their ids, and what was said with it."""

    id: str
    requests: Mapping[str, Body]
    metadata: Mapping[str, str]


@dataclass
class BatchVendor:
    """What both vendors share.

    Attributes:
        vendor: How it answers a request made alone.
        became: Returns what a request, by its id, comes to in a batch: a text, or the vendor's own form of something
            else; None for a good answer.
        fault: Told method and path of each request; returns a status to fail it with, once it has done its work.
        refuses: Told method and path of each request; returns a status to fail it with before any work, or 0.
        held: Batches do not end while it is set.
        batches: All that were taken.
        singles: The requests made alone.
        looks: How often somebody looked at a batch.
    """

    vendor: Vendor
    became: Became = lambda *_: None
    fault: Fault = lambda *_: None
    refuses: Callable[[str, str], int] = lambda *_: 0
    held: bool = False
    batches: list[Batch] = field(default_factory=list)
    singles: list[Body] = field(default_factory=list)
    looks: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def model(self) -> Model:
        """An adapter that asks this vendor."""
        return self.vendor.model(httpx2.MockTransport(self._take))

    @property
    def keys(self) -> list[str]:
        """The ids of all requests in all batches."""
        return [key for batch in self.batches for key in batch.requests]

    @property
    def sizes(self) -> list[int]:
        """How many requests each batch holds."""
        return [len(batch.requests) for batch in self.batches]

    def take(self, method: str, url: str, content: bytes, kind: str) -> tuple[int, bytes]:
        """Answer a request with a status and a body."""
        parts = urlsplit(url)
        self.asked.append((method, parts.path))
        path = parts.path.removeprefix("/v1")
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if status := self.refuses(method, path):
            return status, json.dumps(self.vendor.fault("not now")).encode()
        status, said = self.serve(method, path, query, content, kind)
        failed = self.fault(self, method, path)
        if failed is not None:
            status, said = failed, self.vendor.fault("not now")
        return status, said if isinstance(said, bytes) else json.dumps(said).encode()

    def serve(
        self, method: str, path: str, query: Mapping[str, str], content: bytes, kind: str
    ) -> tuple[int, Body | bytes]:
        """Answer a request below `/v1`."""
        raise NotImplementedError

    def _take(self, request: httpx2.Request) -> httpx2.Response:
        kind = request.headers.get("content-type", "")
        status, said = self.take(request.method, str(request.url), request.content, kind)
        return httpx2.Response(status, content=said, headers={"content-type": "application/json"})

    def single(self, content: bytes) -> tuple[int, Body]:
        """Answer a request made alone."""
        body = json.loads(content)
        self.singles.append(body)
        return 200, self.answer(body)

    def answer(self, body: Body) -> Body:
        """Return what a good model answers."""
        return self.vendor.said(good_text(self.vendor, body))

    def said(self, batch: Batch, key: str, text: str | None) -> Body:
        """Return what is answered to a request in a batch: a text, else what is good."""
        return self.answer(batch.requests[key]) if text is None else self.vendor.said(text)

    def ended(self, name: str) -> tuple[Body, list[Body]]:
        """Return what is said of a batch that has ended, and the rows of its results."""
        raise NotImplementedError

    def begin(self, requests: Mapping[str, Body], metadata: Mapping[str, str] | None = None) -> Batch:
        """Take a batch."""
        self.batches.append(Batch(f"batch_{len(self.batches) + 1:03}", requests, metadata or {}))
        return self.batches[-1]

    def named(self, batch: str) -> Batch | None:
        """Return a batch by its id."""
        return next((each for each in self.batches if each.id == batch), None)

    def page(self, query: Mapping[str, str], after: str, shown: Callable[[Batch], Body]) -> Body:
        """Return a page of the list, the newest first."""
        newest = self.batches[::-1]
        start = next((at + 1 for at, each in enumerate(newest) if each.id == query.get(after)), 0)
        page = newest[start : start + int(query.get("limit", "20"))]
        return {
            "data": [shown(batch) for batch in page],
            "has_more": start + len(page) < len(newest),
            "first_id": page[0].id if page else None,
            "last_id": page[-1].id if page else None,
        }


class AnthropicBatches(BatchVendor):
    """The Message Batches API."""

    def serve(
        self, method: str, path: str, query: Mapping[str, str], content: bytes, kind: str
    ) -> tuple[int, Body | bytes]:
        del kind
        match [method, *path.strip("/").split("/")]:
            case ["POST", "messages"]:
                return self.single(content)
            case ["POST", "messages", "batches"]:
                return self._create(json.loads(content))
            case ["GET", "messages", "batches"]:
                return 200, self.page(query, "after_id", self._shown)
            case ["GET", "messages", "batches", name, *more] if batch := self.named(name):
                self.looks += not more
                return 200, self._results(batch) if more else self._shown(batch)
            case _:
                return 404, self.vendor.fault("there is nothing", "not_found_error")

    def _create(self, body: Body) -> tuple[int, Body]:
        requests = {line["custom_id"]: line["params"] for line in body["requests"]}
        assert len(requests) == len(body["requests"])
        assert all(re.fullmatch("[a-zA-Z0-9_-]{1,64}", key) for key in requests)
        return 200, self._shown(self.begin(requests))

    def _shown(self, batch: Batch) -> Body:
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        if self.held:
            counts["processing"] = len(batch.requests)
        else:
            for key in batch.requests:
                counts[self._result(batch, key)["type"]] += 1
        return _DAY | {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "in_progress" if self.held else "ended",
            "request_counts": counts,
            "results_url": None if self.held else f"https://elsewhere.example.org/{batch.id}",
        }

    def _results(self, batch: Batch) -> bytes:
        assert not self.held
        rows = [{"custom_id": key, "result": self._result(batch, key)} for key in batch.requests]
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows[::-1]).encode()

    def ended(self, name: str) -> tuple[Body, list[Body]]:
        batch = self.named(name)
        assert batch
        return self._shown(batch), [{"custom_id": key, "result": self._result(batch, key)} for key in batch.requests]

    def _result(self, batch: Batch, key: str) -> Body:
        became = self.became(batch, key)
        if became is None or isinstance(became, str):
            return {"type": "succeeded", "message": self.said(batch, key, became)}
        return dict(became)


@dataclass
class OpenAIBatches(BatchVendor):
    """The Batch API, with its files."""

    files: dict[str, bytes] = field(default_factory=dict)
    room: int = 1_000_000  # requests that may wait

    def serve(
        self, method: str, path: str, query: Mapping[str, str], content: bytes, kind: str
    ) -> tuple[int, Body | bytes]:
        match [method, *path.strip("/").split("/")]:
            case ["POST", "responses"]:
                return self.single(content)
            case ["POST", "files"]:
                return self._upload(content, kind)
            case ["GET", "files", name, "content"]:
                return (200, self.files[name]) if name in self.files else (404, self.vendor.fault("no such file"))
            case _:
                return self._batches(method, path, query, content)

    def _batches(self, method: str, path: str, query: Mapping[str, str], content: bytes) -> tuple[int, Body]:
        match [method, *path.strip("/").split("/")]:
            case ["POST", "batches"]:
                return self._create(json.loads(content))
            case ["GET", "batches"]:
                return 200, self.page(query, "after", self._shown)
            case ["GET", "batches", name] if batch := self.named(name):
                self.looks += 1
                return 200, self._shown(batch)
            case _:
                return 404, self.vendor.fault("there is nothing")

    def _upload(self, content: bytes, kind: str) -> tuple[int, Body]:
        form = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
        fields = {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}  # type: ignore[union-attr]
        assert fields["purpose"].get_payload() == "batch"  # type: ignore[union-attr]
        assert str(fields["file"].get_filename()).endswith(".jsonl")  # type: ignore[union-attr]
        name = f"file-{len(self.files) + 1}"
        self.files[name] = fields["file"].get_payload(decode=True)  # type: ignore[union-attr,assignment]
        return 200, {"id": name, "object": "file", "purpose": "batch"}

    def _create(self, body: Body) -> tuple[int, Body]:
        assert (body["endpoint"], body["completion_window"]) == ("/v1/responses", "24h")
        lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
        assert all((line["method"], line["url"]) == ("POST", "/v1/responses") for line in lines)
        requests = {line["custom_id"]: line["body"] for line in lines}
        assert len(requests) == len(lines)
        return 200, self._shown(self.begin(requests, body["metadata"]))

    def _shown(self, batch: Batch) -> Body:
        if len(batch.requests) > self.room:
            full = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached", "line": None}
            return {"id": batch.id, "status": "failed", "errors": {"object": "list", "data": [full]}}
        rows = [] if self.held else [self._row(batch, key) for key in batch.requests]
        good = [row for row in rows if (row["response"] or {}).get("status_code") == 200]
        bad = [row for row in rows if row not in good]
        said: Body = {
            "id": batch.id,
            "object": "batch",
            "status": "in_progress" if self.held else "completed",
            "metadata": batch.metadata,
            "errors": None,
            "request_counts": {"total": len(batch.requests), "completed": len(good), "failed": len(bad)},
        }
        for name, some in (("output", good), ("error", bad)):
            said[f"{name}_file_id"] = f"file-{name}-{batch.id}" if some else None
            self.files[f"file-{name}-{batch.id}"] = "".join(json.dumps(row) + "\n" for row in some[::-1]).encode()
        return said

    def ended(self, name: str) -> tuple[Body, list[Body]]:
        batch = self.named(name)
        assert batch
        return self._shown(batch), [self._row(batch, key) for key in batch.requests]

    def _row(self, batch: Batch, key: str) -> Body:
        row = {"id": f"batch_req_{key[:8]}", "custom_id": key, "response": None, "error": None}
        became = self.became(batch, key)
        if became is None or isinstance(became, str):
            said = self.said(batch, key, became)
            return row | {"response": {"status_code": 200, "request_id": "req_1", "body": said}}
        return row | dict(became)
