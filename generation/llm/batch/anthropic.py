"""Anthropic's Message Batches: the requests in one call, the results as lines."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from generation.llm.anthropic import AnthropicModel
from generation.llm.batch.base import Job, Question, Result, Unsure, faults


class AnthropicBatches:
    """See `BatchService`. A job carries no words of ours but the names of its requests, which can be read only when it
    has ended; so a job of the right size that is under way may be ours, and nothing is sent until that is known."""

    def __init__(self, model: AnthropicModel) -> None:
        self._model, self._batches = model, model.client.messages.batches

    def submit(self, tag: str, questions: Iterable[Question]) -> Job:
        with faults(self._model):
            requests: Any = [{"custom_id": one.name, "params": one.body} for one in questions]
            return _job(self._batches.create(requests=requests))

    def find(self, tag: str, size: int, since: dt.datetime, known: frozenset[str]) -> "Job | Unsure | None":
        unsure = False
        with faults(self._model):
            for one in self._batches.list(limit=100):
                if one.created_at < since:
                    break
                counts = one.request_counts
                asked = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
                if one.id in known or asked != size:
                    continue
                if one.processing_status != "ended" or not one.results_url:
                    unsure = True
                    continue
                first = next(iter(self._batches.results(one.id)), None)
                if first is not None and first.custom_id.startswith(f"{tag}-"):
                    return _job(one)
        return Unsure() if unsure else None

    def look(self, remote_id: str) -> Job:
        with faults(self._model):
            return _job(self._batches.retrieve(remote_id))

    def results(self, remote_id: str) -> Iterator[Result]:
        with faults(self._model):
            for one in self._batches.results(remote_id):
                result = one.result
                match result.type:
                    case "succeeded":
                        yield Result(one.custom_id, result.message.model_dump(mode="json"))
                    case "errored":
                        yield Result(one.custom_id, None, result.error.error.message)
                    case _:
                        yield Result(one.custom_id, None, result.type, expired=True)

    def cancel(self, remote_id: str) -> None:
        with faults(self._model):
            self._batches.cancel(remote_id)


def _job(one: Any) -> Job:
    counts = one.request_counts
    done = counts.succeeded + counts.errored + counts.canceled + counts.expired
    ended = one.processing_status == "ended"
    return Job(one.id, "ended" if ended else "working", counts=f"{done} of {done + counts.processing}")
