"""The life of a batch: one campaign's runs for many segments, a few at work at a time. The rows remember.

`pump` is the heart: it may be called by anybody, any number of times, and gives the runs that may start now. A batch
ends when none of its runs is open. Where questions go through vendors' batch services, all runs that are open come to
wait; then what they ask is sent together.
"""

import datetime as dt
from collections import Counter

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from generation import money, runs, vendor_jobs
from generation.models import Batch, BatchRequest, Run, VendorBatch
from storefront_studio.lib.errors import WrongState

Status = Run.Status
MOST_CONCURRENCY = 64
ASK_AGAIN = 2.0  # seconds before runs that found nothing to wait for look again, so that none spins
CALLED_FOR = dt.timedelta(seconds=20)  # after which a run that nobody took is called again


@transaction.atomic
def pump(batch_id: int) -> list[int]:
    """The runs that should be started now: as many as the batch has room for. Ends the batch when all have ended."""
    batch = Batch.objects.select_for_update(no_key=True).filter(pk=batch_id, status=Batch.Status.OPEN).first()
    if batch is None:
        return []
    counted = dict(batch.runs.values_list("status").annotate(n=Count("pk")).order_by())
    if not any(counted.get(status) for status in Run.OPEN):
        Batch.objects.filter(pk=batch.pk).update(status=Batch.Status.DONE, finished_at=timezone.now())
        return []
    all_wait = not counted.get(Status.RUNNING) and not counted.get(Status.QUEUED)
    if all_wait and not vendor_jobs.prepare(batch) and not vendor_jobs.under_way(batch.pk):
        runs.unpark(batch.pk, after=ASK_AGAIN)  # nothing to send or to wait for: what they asked is answered already
    now = timezone.now()
    queued = batch.runs.filter(status=Status.QUEUED)
    called = queued.filter(lease_until__gt=now)  # a worker was told a moment ago
    room = batch.concurrency - counted.get(Status.RUNNING, 0) - called.count()
    if room <= 0:
        return []
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due = queued.filter(free, Q(not_before=None) | Q(not_before__lte=now))
    chosen = list(due.order_by("id").values_list("id", flat=True)[:room])
    Run.objects.filter(pk__in=chosen, status=Status.QUEUED).update(lease_until=now + CALLED_FOR)
    return chosen


def open_batches() -> list[int]:
    return list(Batch.objects.filter(status=Batch.Status.OPEN).order_by("id").values_list("id", flat=True))


@transaction.atomic
def cancel(batch: Batch) -> None:
    """End a batch: what waits at once, what works after its current step. What is finished stays.

    Jobs at vendors are asked to stop by `vendor_jobs.tend`. Raises WrongState when the batch has ended.
    """
    now = timezone.now()
    if not Batch.objects.filter(pk=batch.pk, status=Batch.Status.OPEN).update(
        status=Batch.Status.CANCELLED, finished_at=now
    ):
        raise WrongState(f"Batch {batch.pk} has ended already.")
    batch.runs.filter(status__in=[Status.QUEUED, Status.WAITING]).update(status=Status.CANCELLED, finished_at=now)
    batch.runs.filter(status=Status.RUNNING).update(cancel_requested=True)
    vendor_jobs.drop_unsent(batch.pk)


@transaction.atomic
def reopen(batch: Batch) -> int:
    """Queue the failed and cancelled runs of an ended batch again; how many. Saved stages are kept.

    Raises WrongState when it is under way, nothing failed, or the campaign is busy with another batch or run.
    """
    locked = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    ended = locked.runs.filter(status__in=[Status.FAILED, Status.CANCELLED])
    busy = Run.objects.filter(campaign=locked.campaign_id, status__in=Run.OPEN)
    if locked.status == Batch.Status.OPEN:
        raise WrongState(f"Batch {locked.pk} is under way. Wait for it, or cancel it.")
    if Batch.objects.filter(campaign=locked.campaign_id, status=Batch.Status.OPEN).exists():
        raise WrongState("Another batch of this campaign is under way. Wait for it, or cancel it.")
    if busy.filter(segment__in=ended.values("segment")).exists():
        raise WrongState("One of these segments is being generated already. Wait for that run, or cancel it.")
    if locked.runs.filter(status=Status.RUNNING).exists():
        raise WrongState("Some of its runs are still stopping. Try again in a moment.")
    again = ended.update(
        status=Status.QUEUED,
        attempts=0,
        cancel_requested=False,
        error="",
        finished_at=None,
        not_before=None,
        lease_until=None,
    )
    if not again:
        raise WrongState("Nothing of this batch failed.")
    BatchRequest.objects.filter(batch=locked).exclude(error="").delete()  # they are handed in and paid for anew
    Batch.objects.filter(pk=locked.pk).update(status=Batch.Status.OPEN, finished_at=None)
    return again


def progress(batch: Batch) -> Counter[str]:
    """How many of its runs are in each state."""
    return Counter(dict(batch.runs.values_list("status").annotate(n=Count("pk")).order_by()))


def requests(batch: Batch) -> dict[str, int]:
    """Questions of a vendor batch: {"asked", "answered", "failed", "out"}."""
    counted: dict[str, int] = BatchRequest.objects.filter(batch=batch).aggregate(
        asked=Count("pk"),
        answered=Count("pk", filter=Q(response__isnull=False)),
        failed=Count("pk", filter=~Q(error="")),
        out=Count(
            "pk",
            filter=Q(vendor_batch__status__in=[VendorBatch.Status.PREPARING, VendorBatch.Status.SUBMITTED]),
        ),
    )
    return counted


def standing(batch: Batch) -> money.Standing:
    """Its money, with what is set aside for questions that lie with a vendor."""
    return money.standing_of_batch(batch)
