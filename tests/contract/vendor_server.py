"""A local server that speaks both vendors' wire formats, with faults on demand.

As a fixture: `with VendorServer() as server:` then `server.script([Status(429, retry_after=1), Ok()])`; when
the script is used up, `server.responder(request_json) -> answer` is asked. As a process, for keyless runs:

    python -m tests.contract.vendor_server --port 8099 --delay-ms 800
    OPENAI_BASE_URL=http://127.0.0.1:8099/v1 OPENAI_MODEL=stub   (ANTHROPIC_BASE_URL: without /v1)

It counts what a vendor would bill: `paid` by content, `delivered` where the answer went out whole; as a process it
tells so under GET /counts. Both batch services are in `batches.py`; `server.batches.plan` says how they fare.
Embeddings are in `embeddings.py`; `Odd` scripts wrong ones.

It imports nothing of ours: it reads the wire as a vendor would. The shapes (`shapes.py`) follow the vendors'
references and are read back through their SDKs in the tests; they were not recorded from live accounts.
"""

import argparse
import contextlib
import hashlib
import json
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.contract import batches, embeddings, shapes
from tests.contract.responder import respond

Json = dict[str, Any]


@dataclass(frozen=True)
class Ok:
    """A good answer; None asks the responder. `usage`: (input, output) tokens, else counted."""

    answer: Json | None = None
    usage: tuple[int, int] | None = None


@dataclass(frozen=True)
class Malformed:
    """Text that is not what was asked, sent as a normal answer."""

    text: str = "Sure! Here is what I think about that."
    usage: tuple[int, int] | None = None


@dataclass(frozen=True)
class OverLength:
    """An answer cut off at the token limit."""

    text: str = '{"themes": [{"title": "Cut'
    usage: tuple[int, int] | None = None


@dataclass(frozen=True)
class Refusal:
    """The vendor's way to decline."""

    text: str = "I cannot help with that."


@dataclass(frozen=True)
class Filtered:
    """OpenAI's content filter (`finish_reason: content_filter`); a refusal at Anthropic."""


@dataclass(frozen=True)
class Status:
    """An HTTP error with a vendor-shaped body; `retry_after` goes out as the header, as it is."""

    code: int
    retry_after: float | str | None = None
    message: str = "scripted fault"
    error: str = ""


@dataclass(frozen=True)
class Timeout:
    """Silence for so long, then a normal answer to nobody."""

    seconds: float


@dataclass(frozen=True)
class DisconnectMidStream:
    """The connection breaks inside the answer; `clean` ends the body without the closing events instead."""

    clean: bool = False


@dataclass(frozen=True)
class StreamedError:
    """An error event after HTTP 200 and some text."""

    kind: str = "overloaded_error"


@dataclass(frozen=True)
class Odd:
    """Embeddings that are not what was asked; see `embeddings.answer` for the kinds."""

    kind: str


Behaviour = (
    Ok | Malformed | OverLength | Refusal | Filtered | Status | Timeout | DisconnectMidStream | StreamedError | Odd
)


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: Json


@dataclass
class VendorServer:
    """`url` has no trailing slash; OpenAI clients want `url + "/v1"`, Anthropic clients `url`."""

    responder: Callable[[Json], Json] = respond
    delay: float = 0.0
    """Seconds before every answer."""
    port: int = 0
    requests: list[Seen] = field(default_factory=list)
    url: str = ""
    keep: bool = True
    """Whether `requests` are kept: a server of thousands of calls only counts them."""

    def __post_init__(self) -> None:
        self._script: deque[Behaviour] = deque()
        self._lock = threading.Lock()
        self.paid: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self.most_at_once = self._at_once = self._received = 0
        self.batches = batches.Batches(self.batched)
        self._http = _Http(("127.0.0.1", self.port), _handler(self))
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._stopping = threading.Event()

    def script(self, behaviours: Iterable[Behaviour]) -> None:
        """What the next requests meet, in order; then the responder again."""
        with self._lock:
            self._script = deque(behaviours)

    @property
    def count(self) -> int:
        """Requests received so far."""
        return self._received

    def take(self, seen: Seen) -> Behaviour:
        with self._lock:
            self._received += 1
            if self.keep:
                self.requests.append(seen)
            return self._script.popleft() if self._script else Ok()

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Counts how many requests are under way at once."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def bill(self, body: Json) -> str:
        """Count an answer as paid; the content it is counted under."""
        content = content_of(body)
        with self._lock:
            self.paid[content] += 1
        return content

    def deliver(self, content: str) -> None:
        with self._lock:
            self.delivered[content] += 1

    def batched(self, vendor: str, body: Json) -> Json:
        """The answer to one request of a batch job."""
        self.deliver(self.bill(body))
        with self._lock:
            behaviour = self._script.popleft() if self._script else Ok()
        maker = shapes.OpenAIVendor if vendor == "openai" else shapes.AnthropicVendor
        return maker.answer(body, *self.content(behaviour, body)).whole()

    def counts(self) -> Json:
        """What was asked and paid so far; `repeated`: contents paid more than once, and how often."""
        with self._lock:
            return {
                "requests": self._received,
                "paid": sum(self.paid.values()),
                "contents": len(self.paid),
                "repeated": {content: n for content, n in self.paid.items() if n > 1},
                "delivered_twice": sum(n > 1 for n in self.delivered.values()),
                "most_at_once": self.most_at_once,
                "jobs": len(self.batches.jobs),
            }

    def content(self, behaviour: Behaviour, body: Json) -> tuple[str, str, tuple[int, int] | None]:
        """Text, ending (done, length, refused, filtered) and token counts."""
        match behaviour:
            case Ok():
                answer = self.responder(body) if behaviour.answer is None else behaviour.answer
                return json.dumps(answer), "done", behaviour.usage
            case Malformed():
                return behaviour.text, "done", behaviour.usage
            case OverLength():
                return behaviour.text, "length", behaviour.usage
            case Refusal():
                return behaviour.text, "refused", None
            case Filtered():
                return "", "filtered", None
        return json.dumps(self.responder(body)), "done", None

    def pause(self, seconds: float) -> None:
        """Sleeps, but not beyond the server's own end."""
        self._stopping.wait(seconds)

    def serve(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def __enter__(self) -> "VendorServer":
        self._thread = threading.Thread(target=self.serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up (its time-out is what we test) is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def _handler(server: VendorServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the requests are in `server.requests`."""

        def do_GET(self) -> None:
            if self.path == "/counts":
                self._json(200, server.counts())
                return
            found = server.batches.get(self.path, server.url)
            if found is None:
                self._json(200, {"ok": True, "requests": server.count})
            else:
                self._send(*found)

        def do_POST(self) -> None:
            raw = self._read()
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                found = server.batches.post(self.path, headers, raw, server.url)
            except batches.Gone:
                self.close_connection = True
                return
            if found is not None:
                self._send(*found)
                return
            try:
                body: Json = json.loads(raw)
            except ValueError:
                self._json(400, {"error": {"message": "not JSON"}})
                return
            if self.path == embeddings.PATH:
                behaviour = server.take(Seen(self.path, headers, body))
                with server.working(), contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    server.pause(server.delay)
                    self._embed(behaviour, body)
                return
            vendor = shapes.BY_PATH.get(self.path.partition("?")[0])
            if vendor is None:
                self._json(404, {"error": {"message": f"no such path: {self.path}"}})
                return
            behaviour = server.take(Seen(self.path, headers, body))
            with server.working(), contextlib.suppress(BrokenPipeError, ConnectionResetError):
                server.pause(server.delay)
                self._play(vendor, behaviour, body)

        def _embed(self, behaviour: Behaviour, body: Json) -> None:
            status, content, headers = 200, b"", {}
            match behaviour:
                case Status():
                    status = behaviour.code
                    content = json.dumps(
                        shapes.OpenAIVendor.error(behaviour.code, behaviour.message, behaviour.error)
                    ).encode()
                    if behaviour.retry_after is not None:
                        headers["retry-after"] = str(behaviour.retry_after)
                case Malformed():
                    content = behaviour.text.encode()
                case Timeout():
                    server.pause(behaviour.seconds)
            if not content:
                server.deliver(server.bill(body))
                answer = embeddings.answer(body, behaviour.kind if isinstance(behaviour, Odd) else "")
                content = json.dumps(answer).encode()  # NaN goes out as such, which is not JSON: servers do that
            self._send(status, "application/json", content, headers)

        def _read(self) -> bytes:
            """The body, whole or in chunks."""
            if self.headers.get("transfer-encoding", "") != "chunked":
                return self.rfile.read(int(self.headers.get("content-length", 0)))
            whole = b""
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole

        def _play(self, vendor: type[shapes.Vendor], behaviour: Behaviour, body: Json) -> None:
            match behaviour:
                case Status():
                    headers = {}
                    if behaviour.retry_after is not None:
                        headers["retry-after"] = str(behaviour.retry_after)
                    self._json(
                        behaviour.code,
                        vendor.error(behaviour.code, behaviour.message, behaviour.error),
                        headers,
                    )
                    return
                case Timeout():
                    server.pause(behaviour.seconds)
                    behaviour = Ok()
            content = server.bill(body)
            answer = vendor.answer(body, *server.content(behaviour, body))
            if not body.get("stream"):
                self._json(200, answer.whole())
                server.deliver(content)
                return
            events = list(answer.events())
            match behaviour:
                case DisconnectMidStream():
                    self._stream(events[: len(events) // 2], cut=not behaviour.clean)
                case StreamedError():
                    self._stream([*events[: len(events) // 2], vendor.streamed_error(behaviour.kind)])
                case _:
                    self._stream(events)
                    server.deliver(content)

        def _json(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
            self._send(status, "application/json", json.dumps(body).encode(), headers)

        def _send(self, status: int, kind: str, content: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"content-type": kind, **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, events: list[str], cut: bool = False) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for event in events:
                content = event.encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))
                self.wfile.flush()
            if cut:
                # No closing chunk: the client sees a connection that broke inside the body.
                self.close_connection = True
                return
            self.wfile.write(b"0\r\n\r\n")

    return Handler


def content_of(body: Json) -> str:
    """A question by its content: what would be paid twice if it were asked twice."""
    kept = {name: value for name, value in body.items() if not name.startswith("stream")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def main() -> None:
    parser = argparse.ArgumentParser(description="A local stand-in for OpenAI's and Anthropic's APIs.")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--delay-ms", type=int, default=0, help="wait before every answer")
    parser.add_argument("--batch-seconds", type=float, default=0, help="how long a batch job takes")
    options = parser.parse_args()
    server = VendorServer(port=options.port, delay=options.delay_ms / 1000, keep=False)
    server.batches.plan.seconds = options.batch_seconds
    print(f"{server.url}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()


if __name__ == "__main__":
    main()
