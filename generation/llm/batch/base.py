"""The port to vendors' batch services: many requests handed in at once, cheaper, answered within a day.

A job is found again by its tag, so that a crash between sending it and noting its number sends nothing twice.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from generation.llm.wire import WireModel, retry_after, shorten, status_fault
from storefront_studio.lib.errors import Misconfigured, StudioError, Transient

MOST_REQUESTS = 50_000
MOST_BYTES = 50_000_000
"""Of one job. OpenAI allows 50,000 requests and 200 MB (Batch API reference), Anthropic 100,000 and 256 MB (Message
Batches); a job is held in memory while it is sent, so ours are smaller."""


class Question(NamedTuple):
    """One request of a job: our name for it, at most 64 letters, digits, hyphens and underscores, and its body."""

    name: str
    body: Mapping[str, Any]


class Result(NamedTuple):
    """How one request ended: the vendor's answer body, or why there is none. `expired`: it was never worked on."""

    name: str
    answer: Mapping[str, Any] | None
    error: str = ""
    expired: bool = False


@dataclass(frozen=True)
class Job:
    """A job as the vendor tells it. `failed` is why none of it was worked on."""

    remote_id: str
    state: Literal["working", "ended", "failed"]
    failed: str = ""
    counts: str = ""


class BatchService(Protocol):
    """A vendor's batch service. Every method raises Transient for faults that may pass, Misconfigured for others."""

    def submit(self, tag: str, questions: Iterable[Question]) -> Job:
        """Hand in a job under `tag`."""

    def find(self, tag: str, size: int, since: dt.datetime, known: frozenset[str]) -> "Job | Unsure | None":
        """The job of `size` requests handed in under `tag` after `since`; None: there is none. `known` are numbers of
        jobs that are known to be others."""

    def look(self, remote_id: str) -> Job:
        """How far a job is."""

    def results(self, remote_id: str) -> Iterator[Result]:
        """What came of each request, in any order; those that are missing never ran."""

    def cancel(self, remote_id: str) -> None:
        """Ask the vendor to stop; what is done stays and is paid for."""


class Unsure:
    """The vendor has a job that may be ours, and cannot tell before it has ended."""


@contextmanager
def faults(model: WireModel) -> Iterator[None]:
    """The vendor's errors in our kinds: Transient for what may pass, Misconfigured for the rest."""
    import httpx2  # the SDKs' HTTP client passes on what breaks in the middle of an answer

    sdk: Any = model.sdk
    try:
        yield
    except StudioError:
        raise
    except sdk.APIStatusError as error:
        headers, key = error.response.headers, f"{model.name.partition(':')[0].upper()}_API_KEY"
        fault = status_fault(error.status_code, error.message, headers, key=key, model=model.model)
        said = f"{model.label}, batch service: {shorten(fault.detail)}"
        if fault.retry:
            raise Transient(said, retry_after=retry_after(headers)) from None
        raise Misconfigured(said) from None
    except (sdk.APIError, httpx2.HTTPError, OSError) as error:
        raise Transient(f"{model.label}, batch service: connection failed: {shorten(str(error))}") from None
