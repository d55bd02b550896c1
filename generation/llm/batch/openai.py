"""OpenAI's Batch API: a file of requests, a job over it, a file of answers and one of errors."""

import datetime as dt
import json
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from generation.llm.batch.base import Job, Question, Result, Unsure, faults
from generation.llm.openai import OpenAIModel

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
TAG = "studio"
ENDED = ("completed", "expired", "cancelled")
IN_MEMORY = 4_000_000  # bytes of a file that are kept in memory before it goes to disk


class OpenAIBatches:
    """See `BatchService`. Servers that speak OpenAI's chat completions mostly have no batches: they answer 404."""

    def __init__(self, model: OpenAIModel) -> None:
        self._model, self._client = model, model.client

    def submit(self, tag: str, questions: Iterable[Question]) -> Job:
        """Uploading alone is free and starts nothing; the job is made by the second request, which carries the tag."""
        with faults(self._model), tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            for one in questions:
                line = {"custom_id": one.name, "method": "POST", "url": ENDPOINT, "body": one.body}
                file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.seek(0)
            sent = self._client.files.create(file=(f"{tag}.jsonl", file, "application/jsonl"), purpose="batch")
            made = self._client.batches.create(
                completion_window="24h", endpoint=ENDPOINT, input_file_id=sent.id, metadata={TAG: tag}
            )
            return _job(made)

    def find(self, tag: str, size: int, since: dt.datetime, known: frozenset[str]) -> "Job | Unsure | None":
        with faults(self._model):
            for one in self._client.batches.list(limit=100):
                if one.created_at < since.timestamp():
                    return None
                if (one.metadata or {}).get(TAG) == tag:
                    return _job(one)
        return None

    def look(self, remote_id: str) -> Job:
        with faults(self._model):
            return _job(self._client.batches.retrieve(remote_id))

    def results(self, remote_id: str) -> Iterator[Result]:
        with faults(self._model):
            job = self._client.batches.retrieve(remote_id)
            for file in filter(None, (job.output_file_id, job.error_file_id)):
                with self._client.files.with_streaming_response.content(file) as lines:
                    for line in lines.iter_lines():
                        if line.strip():
                            yield _result(json.loads(line))

    def cancel(self, remote_id: str) -> None:
        with faults(self._model):
            self._client.batches.cancel(remote_id)


def _job(one: Any) -> Job:
    counts = f"{one.request_counts.completed} of {one.request_counts.total}" if one.request_counts else ""
    if one.status == "failed":
        said = "; ".join(error.message or "" for error in (one.errors.data or [])[:3]) if one.errors else ""
        return Job(one.id, "failed", said or "the vendor did not accept the job", counts)
    return Job(one.id, "ended" if one.status in ENDED else "working", counts=counts)


def _result(line: dict[str, Any]) -> Result:
    name, response, error = str(line.get("custom_id")), line.get("response") or {}, line.get("error") or {}
    if error:
        expired = error.get("code") in ("batch_expired", "batch_cancelled")
        return Result(name, None, str(error.get("message") or error.get("code")), expired)
    body = response.get("body") or {}
    if response.get("status_code") == 200:
        return Result(name, body)
    said = (body.get("error") or {}).get("message") or "no reason given"
    return Result(name, None, f"HTTP {response.get('status_code')}: {said}")
