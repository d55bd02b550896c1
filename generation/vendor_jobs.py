"""Jobs at vendors' batch services: prepared, sent once, looked after, and their answers brought in.

A job is written down with its tag before it is sent. One that is found so after a crash is looked for at the vendor
first: nothing is sent, and paid for, twice. Answers are stored request by request, so that stopping in the middle and
starting again loses none and counts none twice.
"""

import datetime as dt
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from generation import money
from generation.llm import registry
from generation.llm.base import NOTHING, Usage
from generation.llm.batch.base import MOST_BYTES, MOST_REQUESTS, BatchService, Job, Question, Result, Unsure
from generation.llm.metered import ZERO
from generation.llm.wire import UNKNOWN, WireModel
from generation.models import Batch, BatchRequest, ModelCall, VendorBatch
from storefront_studio.lib.errors import Misconfigured, StudioError
from storefront_studio.lib.locks import exclusive

Item = TypeVar("Item")
Status = VendorBatch.Status
TRIES = 2  # vendor batches a question is sent in before its runs fail
AT_ONCE = 200  # answers stored in one transaction
LISTED_AFTER = dt.timedelta(seconds=10)  # a vendor's list may take a moment to show what was just made
STOPPING = "The vendor was asked to stop."
CLOCKS = dt.timedelta(minutes=10)  # by which a vendor's clock and ours may differ


# --- Preparing ----------------------------------------------------------------------------------------------------
def prepare(batch: Batch) -> int:
    """Write down jobs for all questions that are with no vendor yet, one model each; how many. In a transaction."""
    waiting = BatchRequest.objects.filter(batch=batch, vendor_batch=None, response__isnull=True, error="")
    made = 0
    for model in waiting.order_by("model").values_list("model", flat=True).distinct():
        for part in _parts(waiting.filter(model=model).order_by("id").values_list("pk", "body").iterator(500)):
            tag = f"studio-{secrets.token_hex(8)}"
            job = VendorBatch.objects.create(batch=batch, vendor=model.partition(":")[0], tag=tag)
            for some in _some(part, 5000):
                BatchRequest.objects.filter(pk__in=some).update(vendor_batch=job)
            made += 1
    return made


def _parts(rows: Iterable[tuple[int, Any]]) -> Iterator[list[int]]:
    """Numbers of requests, in parts that a job can hold."""
    part: list[int] = []
    size = 0
    for pk, body in rows:
        weight = len(json.dumps(body, ensure_ascii=False).encode()) + 200
        if part and (len(part) >= MOST_REQUESTS or size + weight > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(pk)
        size += weight
    if part:
        yield part


def _some(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def under_way(batch_id: int) -> bool:
    """Whether jobs of a batch are still to be sent or answered."""
    return VendorBatch.objects.filter(batch=batch_id, status__in=[Status.PREPARING, Status.SUBMITTED]).exists()


# --- Looking after ------------------------------------------------------------------------------------------------
def due() -> list[int]:
    """Jobs to be sent, or not looked at for VENDOR_BATCH_SECONDS; those of cancelled batches too: they may be paid."""
    stale = timezone.now() - dt.timedelta(seconds=settings.VENDOR_BATCH_SECONDS)
    looked = Q(polled_at=None) | Q(polled_at__lt=stale)
    tried = Q(polled_at=None) | Q(polled_at__lt=timezone.now() - LISTED_AFTER)
    found = VendorBatch.objects.filter(Q(tried, status=Status.PREPARING) | Q(looked, status=Status.SUBMITTED))
    return list(found.order_by("id").values_list("id", flat=True)[:50])


def tend(job_id: int) -> bool:
    """Send a job, or see how far it is and bring its answers in; True when it has ended. One worker at a time."""
    with exclusive(f"vendor-job:{job_id}") as ours:
        job = VendorBatch.objects.select_related("batch").filter(pk=job_id).first() if ours else None
        if job is None:
            return False
        try:
            if job.status == Status.PREPARING:
                _send(job)
            elif job.status == Status.SUBMITTED:
                return _look(job)
        except Misconfigured as error:
            _give_up(job, str(error), final=True)
            return True
        except StudioError as error:
            VendorBatch.objects.filter(pk=job.pk).update(polled_at=timezone.now(), error=str(error))
        return False


def _send(job: VendorBatch) -> None:
    """Hand the job in, unless the vendor has it already."""
    requests = BatchRequest.objects.filter(vendor_batch=job).order_by("id")
    if job.batch.status == Batch.Status.CANCELLED and job.polled_at is None:
        _give_up(job, "The batch was cancelled before this was sent.", final=True)
        return
    first = requests.first()
    if first is None:
        VendorBatch.objects.filter(pk=job.pk).update(status=Status.ENDED, ended_at=timezone.now())
        return
    service = _service(first.model)[1]
    found: Job | Unsure | None = None
    if job.polled_at is not None:
        others = VendorBatch.objects.filter(vendor=job.vendor).exclude(remote_id="").values_list("remote_id", flat=True)
        found = service.find(job.tag, requests.count(), job.created_at - CLOCKS, frozenset(others.iterator()))
    now = timezone.now()
    VendorBatch.objects.filter(pk=job.pk).update(polled_at=now)  # from here on the vendor may have it
    if isinstance(found, Unsure):
        return
    if found is None:
        rows = requests.values_list("pk", "body").iterator(500)
        found = service.submit(job.tag, (Question(f"{job.tag}-{pk}", body) for pk, body in rows))
    with transaction.atomic():
        VendorBatch.objects.filter(pk=job.pk, status=Status.PREPARING).update(
            status=Status.SUBMITTED, remote_id=found.remote_id, submitted_at=now, error=""
        )
        requests.update(tries=F("tries") + 1)


def _look(job: VendorBatch) -> bool:
    """How far the vendor is; brings the answers in when it has ended, which is told by True."""
    requests = BatchRequest.objects.filter(vendor_batch=job)
    first = requests.first()
    model, service = _service(first.model if first else job.vendor)
    if job.batch.status == Batch.Status.CANCELLED and job.error != STOPPING:
        service.cancel(job.remote_id)
        VendorBatch.objects.filter(pk=job.pk).update(error=STOPPING)
    state = service.look(job.remote_id)
    VendorBatch.objects.filter(pk=job.pk).update(polled_at=timezone.now())
    if state.state == "working":
        return False
    if state.state == "failed":
        _give_up(job, f"The vendor did not accept the job: {state.failed}")
        return True
    for some in _some(service.results(job.remote_id), AT_ONCE):
        _store(job, model, some)
    _unanswered(
        job, requests.filter(response__isnull=True, error=""), "The vendor did not get to it in time.", "expired"
    )
    VendorBatch.objects.filter(pk=job.pk).update(status=Status.ENDED, ended_at=timezone.now())
    return True


# --- Bringing answers in ------------------------------------------------------------------------------------------
@transaction.atomic
def _store(job: VendorBatch, model: WireModel, results: Iterable[Result]) -> None:
    """Answers with their cost, those that are not there yet; failures are left to be asked again, or end."""
    by_pk = {int(one.name.rpartition("-")[2]): one for one in results if one.name.startswith(f"{job.tag}-")}
    rows = BatchRequest.objects.select_for_update().filter(
        pk__in=by_pk, vendor_batch=job, response__isnull=True, error=""
    )
    for row in list(rows):
        result = by_pk[row.pk]
        if result.answer is None:
            how = "expired" if result.expired else "rejected"
            _unanswered(job, BatchRequest.objects.filter(pk=row.pk), result.error, how)
            continue
        usage = _usage(model, result.answer)
        BatchRequest.objects.filter(pk=row.pk).update(response=result.answer)
        _book(row, usage, "ok", "", job)


def _usage(model: WireModel, answer: Any) -> Usage:
    try:
        usage = model.turn(answer).usage
    except ValueError:
        return UNKNOWN
    cost = None if usage.cost is None else usage.cost * model.batch_share
    return Usage(usage.input_tokens, usage.output_tokens, cost, 1)


def _book(row: BatchRequest, usage: Usage, outcome: str, detail: str, job: VendorBatch) -> None:
    """The call on record under the run that asked first, and the money that was set aside given back."""
    cost = None if usage.cost is None else usage.cost.quantize(money.SIXTH)
    counted = cost if cost is not None else row.reserved or ZERO
    if row.run_id:
        began = job.submitted_at or job.created_at
        seconds = (timezone.now() - began).total_seconds()
        ModelCall.objects.create(
            run_id=row.run_id,
            stage=row.stage,
            key=row.key,
            model=row.model,
            prompt=row.prompt,
            request_hash=row.digest,
            outcome=outcome,
            attempts=[{"outcome": outcome, "detail": detail[:500], "seconds": round(seconds, 3)}],
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost=cost,
            at_most=row.reserved if cost is None else None,
            seconds=round(seconds, 3),
        )
    money.count(row.run_id, row.batch_id, counted - (row.reserved or ZERO))


@transaction.atomic
def _unanswered(job: VendorBatch, rows: QuerySet[BatchRequest], why: str, outcome: str) -> None:
    """Questions without an answer: once more in a later job, then never; vendors charge nothing for them."""
    if job.batch.status != Batch.Status.CANCELLED:
        rows.filter(tries__lt=TRIES).update(vendor_batch=None)
        rows = rows.filter(tries__gte=TRIES, vendor_batch=job)
    for row in list(rows.select_for_update()):
        said = f"The vendor's batch service gave no answer for the {row.stage} stage, {row.tries} times asked: {why}"
        BatchRequest.objects.filter(pk=row.pk).update(error=said)
        _book(row, NOTHING, outcome, why, job)


@transaction.atomic
def _give_up(job: VendorBatch, why: str, final: bool = False) -> None:
    """A job that was not accepted, or cannot be sent."""
    requests = BatchRequest.objects.filter(vendor_batch=job, response__isnull=True, error="")
    if final:
        requests.update(tries=TRIES)
    _unanswered(job, requests, why, "rejected")
    VendorBatch.objects.filter(pk=job.pk).update(status=Status.FAILED, error=why, ended_at=timezone.now())


def drop_unsent(batch_id: int) -> None:
    """Questions of a cancelled batch that are with no vendor: their money is free again."""
    unsent = BatchRequest.objects.filter(batch=batch_id, vendor_batch=None, response__isnull=True, error="")
    for run_id, usd in unsent.order_by().values_list("run_id").annotate(usd=Sum("reserved")):
        money.count(run_id, batch_id, -(usd or ZERO))
    unsent.update(error="The batch was cancelled before this was sent.")


def _service(model: str) -> tuple[WireModel, BatchService]:
    """The model, with the address and key that settings name now, and its batch service. Raises Misconfigured."""
    vendor, _, name = model.partition(":")
    named = {f"{vendor.upper()}_MODEL": name} if name else {}
    built = registry.build(vendor, {**os.environ, **named})
    assert isinstance(built, WireModel)
    return built, registry.batch_service(built)
