"""Both vendors' batch services as the stand-in server plays them: jobs, their files or results, and what goes wrong.

Shapes follow the references of OpenAI's Batch API and Anthropic's Message Batches and are read back through their
SDKs in the tests. A job ends when its time is over; what its plan says happens then, request by request.
"""

import datetime as dt
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.contract import shapes

Json = dict[str, Any]


@dataclass
class Plan:
    """What becomes of the next jobs. `seconds` until a job ends; `how` says per request (its place in the job and its
    body): ok, expired, error or missing; `refused` fails whole jobs; `silent` takes the next so many jobs and breaks
    the connection before it answers."""

    seconds: float = 0.0
    how: Callable[[int, Json], str] = lambda place, body: "ok"
    refused: str = ""
    silent: int = 0


@dataclass
class Job:
    vendor: str
    id: str
    requests: list[tuple[str, Json]]
    metadata: dict[str, str]
    ends_at: float
    refused: str = ""
    created: float = field(default_factory=time.time)
    outcomes: list[tuple[str, str, Json | None]] = field(default_factory=list)
    settled: bool = False
    stopping: bool = False


class Gone(Exception):
    """The connection is to be broken without an answer."""


class Batches:
    """All jobs of both vendors. `answer(vendor, body)` makes a whole answer, and counts it as paid."""

    def __init__(self, answer: Callable[[str, Json], Json]) -> None:
        self._answer = answer
        self._lock = threading.RLock()
        self.plan = Plan()
        self.jobs: list[Job] = []
        self.files: dict[str, str] = {}

    # --- HTTP -------------------------------------------------------------------------------------------------
    def get(self, path: str, base: str) -> tuple[int, str, bytes] | None:
        """Status, content type and body, or None when the path is not of a batch service."""
        path, _, query = path.partition("?")
        with self._lock:
            if path == "/v1/batches":
                return _json(self._listed("openai", query, lambda job: self._openai(job)))
            if path == "/v1/messages/batches":
                return _json(self._listed("anthropic", query, lambda job: self._anthropic(job, base)))
            if found := re.fullmatch(r"/v1/batches/([\w-]+)", path):
                return self._one(found[1], self._openai)
            if found := re.fullmatch(r"/v1/messages/batches/([\w-]+)", path):
                return self._one(found[1], lambda job: self._anthropic(job, base))
            if found := re.fullmatch(r"/v1/files/([\w-]+)/content", path):
                text = self.files.get(found[1])
                return _json(_missing(), 404) if text is None else (200, "application/octet-stream", text.encode())
            if found := re.fullmatch(r"/v1/messages/batches/([\w-]+)/results", path):
                job = self._find(found[1])
                return _json(_missing(), 404) if job is None else (200, "application/binary", self._results(job))
        return None

    def post(self, path: str, headers: dict[str, str], raw: bytes, base: str) -> tuple[int, str, bytes] | None:
        """As `get`. Raises Gone when the job was taken and the connection is to break."""
        path = path.partition("?")[0]
        with self._lock:
            if path == "/v1/files":
                return _json(self._upload(headers, raw))
            if path == "/v1/batches":
                body = json.loads(raw)
                lines = [json.loads(line) for line in self.files[body["input_file_id"]].splitlines()]
                requests = [(line["custom_id"], line["body"]) for line in lines]
                return _json(self._openai(self._take("openai", "batch", requests, body.get("metadata") or {})))
            if path == "/v1/messages/batches":
                asked = json.loads(raw)["requests"]
                if len({one["custom_id"] for one in asked}) < len(asked):
                    return _json(shapes.AnthropicVendor.error(400, "custom_id must be unique", ""), 400)
                requests = [(one["custom_id"], one["params"]) for one in asked]
                return _json(self._anthropic(self._take("anthropic", "msgbatch", requests, {}), base))
            if found := re.fullmatch(r"/v1/(messages/)?batches/([\w-]+)/cancel", path):
                job = self._find(found[2])
                if job is None:
                    return _json(_missing(), 404)
                job.stopping, job.ends_at = True, min(job.ends_at, time.time())
                return _json(self._anthropic(job, base) if found[1] else self._openai(job))
        return None

    # --- Jobs -------------------------------------------------------------------------------------------------
    def _take(self, vendor: str, prefix: str, requests: list[tuple[str, Json]], metadata: dict[str, str]) -> Job:
        number = len(self.jobs) + 1
        job = Job(vendor, f"{prefix}_{number}", requests, metadata, time.time() + self.plan.seconds, self.plan.refused)
        self.jobs.append(job)
        if self.plan.silent:
            self.plan.silent -= 1
            raise Gone
        return job

    def _settle(self, job: Job) -> bool:
        """Whether the job has ended; its requests are worked on at that moment, each once."""
        if job.settled or time.time() < job.ends_at or job.refused:
            return job.settled
        for place, (name, body) in enumerate(job.requests):
            how = "expired" if job.stopping else self.plan.how(place, body)
            if how != "missing":
                job.outcomes.append((name, how, self._answer(job.vendor, body) if how == "ok" else None))
        job.settled = True
        return True

    def _find(self, number: str) -> Job | None:
        return next((job for job in self.jobs if job.id == number), None)

    def _one(self, number: str, shape: Callable[[Job], Json]) -> tuple[int, str, bytes]:
        job = self._find(number)
        return _json(_missing(), 404) if job is None else _json(shape(job))

    def _listed(self, vendor: str, query: str, shape: Callable[[Job], Json]) -> Json:
        """Newest first, a page at a time."""
        asked = dict(part.split("=", 1) for part in query.split("&") if "=" in part)
        limit, after = int(asked.get("limit", 20)), asked.get("after") or asked.get("after_id")
        mine = [job for job in reversed(self.jobs) if job.vendor == vendor]
        if after:
            mine = mine[[job.id for job in mine].index(after) + 1 :]
        shown = mine[:limit]
        ends = {"first_id": shown[0].id if shown else None, "last_id": shown[-1].id if shown else None}
        return {"object": "list", "data": [shape(job) for job in shown], "has_more": len(mine) > limit, **ends}

    # --- Shapes -----------------------------------------------------------------------------------------------
    def _openai(self, job: Job) -> Json:
        ended = self._settle(job)
        good = [self._line(name, 200, body) for name, how, body in job.outcomes if how == "ok"]
        bad = [self._failed(name, how) for name, how, _body in job.outcomes if how != "ok"]
        expired = ended and (job.stopping or len(job.outcomes) < len(job.requests) or any("expired" in b for b in bad))
        status = "failed" if job.refused else "in_progress"
        if ended:
            status = "cancelled" if job.stopping else "expired" if expired else "completed"
            self.files[f"file-out-{job.id}"], self.files[f"file-err-{job.id}"] = "".join(good), "".join(bad)
        error = {"code": "token_limit_exceeded", "message": job.refused, "param": None, "line": None}
        return {
            "id": job.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "errors": {"object": "list", "data": [error]} if job.refused else None,
            "input_file_id": "file-in",
            "completion_window": "24h",
            "status": status,
            "output_file_id": f"file-out-{job.id}" if good else None,
            "error_file_id": f"file-err-{job.id}" if bad else None,
            "created_at": int(job.created),
            "request_counts": {"total": len(job.requests), "completed": len(good), "failed": len(bad)},
            "metadata": job.metadata,
        }

    @staticmethod
    def _line(name: str, status: int, body: Any, error: Json | None = None) -> str:
        response = None if error else {"status_code": status, "request_id": "req-1", "body": body}
        return json.dumps({"id": f"batch_req_{name}", "custom_id": name, "response": response, "error": error}) + "\n"

    def _failed(self, name: str, how: str) -> str:
        if how == "expired":
            said = "This request could not be executed before the completion window expired."
            return self._line(name, 0, None, {"code": "batch_expired", "message": said})
        return self._line(name, 400, shapes.OpenAIVendor.error(400, "scripted fault", "invalid_value"))

    def _anthropic(self, job: Job, base: str) -> Json:
        ended = self._settle(job)
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        if ended:
            for _name, how, _body in job.outcomes:
                counts[{"ok": "succeeded", "error": "errored"}.get(how, "canceled" if job.stopping else "expired")] += 1
            counts["expired"] += len(job.requests) - len(job.outcomes)
        else:
            counts["processing"] = len(job.requests)
        return {
            "id": job.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "canceling" if job.stopping else "in_progress",
            "request_counts": counts,
            "ended_at": _when(job.ends_at) if ended else None,
            "created_at": _when(job.created),
            "expires_at": _when(job.created + 86_400),
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": f"{base}/v1/messages/batches/{job.id}/results" if ended else None,
        }

    def _results(self, job: Job) -> bytes:
        lines = []
        for name, how, body in reversed(job.outcomes):  # the order is nobody's promise
            result: Json = {"type": "canceled" if job.stopping else "expired"}
            if how == "ok":
                result = {"type": "succeeded", "message": body}
            elif how == "error":
                result = {"type": "errored", "error": shapes.AnthropicVendor.error(400, "scripted fault", "")}
            lines.append(json.dumps({"custom_id": name, "result": result}) + "\n")
        return "".join(lines).encode()

    def _upload(self, headers: dict[str, str], raw: bytes) -> Json:
        """The file of a multipart form."""
        boundary = headers["content-type"].partition("boundary=")[2].strip('"').encode()
        parts = [part for part in raw.split(b"--" + boundary) if b'name="file"' in part]
        content = parts[0].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        number = f"file-{len(self.files) + 1}"
        self.files[number] = content.decode()
        return {
            "id": number,
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": "in.jsonl",
            "purpose": "batch",
            "status": "processed",
        }


def _json(body: Json, status: int = 200) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(body).encode()


def _missing() -> Json:
    return {"error": {"message": "not found", "type": "not_found_error"}}


def _when(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat().replace("+00:00", "Z")
