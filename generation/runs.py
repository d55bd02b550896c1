"""The life of a run: started, claimed under a lease, saved stage by stage, ended once. The row remembers."""

import datetime as dt
import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, close_old_connections, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from pydantic import BaseModel

from accounts.models import User
from generation import money
from generation.catalog import gaps, spaces
from generation.leases import give_back_connection
from generation.llm.base import Pending
from generation.models import Batch, BatchRequest, Run, StageOutput
from generation.pipeline import Ledger
from generation.signals import run_finished
from generation.stages.contracts import Candidates, DraftPage, Gap
from storefront_studio.lib.errors import StudioError, Transient, WrongState
from storefront_studio.lib.logs import run_context

log = logging.getLogger(__name__)
Output = TypeVar("Output", bound=BaseModel)
MOST_ATTEMPTS = 5


class Cancelled(StudioError):
    """Somebody cancelled the run; what was saved stays."""


class Exchanged(Transient):
    """The store changed to another encoder's vectors while the run was at work: what it has belongs to the old ones."""

    def __init__(self) -> None:
        text = "The catalogue changed to the vectors of another model meanwhile. The run begins again with those."
        super().__init__(text, retry_after=0)


def me() -> str:
    """Names this thread of this process among all workers."""
    return f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"


def _lease() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.RUN_LEASE_SECONDS)


def claim(run_id: int) -> Run | None:
    """Take a queued run whose time has come, or None when it is not ours to run (taken, ended, cancelled, gone)."""
    now = timezone.now()
    free = Q(not_before__isnull=True) | Q(not_before__lte=now)
    with transaction.atomic():
        # A batch has so many runs at work and no more: whoever claims one of them waits here for the others to count.
        batch = Batch.objects.select_for_update(of=("self",), no_key=True).filter(runs=run_id).first()
        if batch and batch.runs.filter(status=Run.Status.RUNNING).count() >= batch.concurrency:
            return None
        taken = Run.objects.filter(free, pk=run_id, status=Run.Status.QUEUED).update(
            status=Run.Status.RUNNING,
            holder=me(),
            lease_until=_lease(),
            attempts=F("attempts") + 1,
            started_at=now,
            not_before=None,
            error="",
        )
        if taken:  # whoever held it is gone, and what it had in flight was perhaps paid for
            money.write_off(Run.objects.filter(pk=run_id))
    return Run.objects.select_related("campaign__store", "segment", "batch").get(pk=run_id) if taken else None


@contextmanager
def claimed(run_id: int) -> Iterator[Run | None]:
    """Hold a run while the block works: QUEUED -> RUNNING on entering, and a lease kept alive by a thread.

    The block ends the run with `finish`; when it raises, the run is FAILED with the reason, CANCELLED, WAITING while
    its questions lie with a vendor's batch service, or QUEUED again when the fault may pass and attempts remain.
    Errors of kinds we foresee are not raised further.
    """
    run = claim(run_id)
    if run is None:
        yield None
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(run.pk, run.holder, stop), daemon=True)
    keeper.start()
    try:
        with run_context(run.pk):
            yield run
    except Cancelled:
        _end(run, Run.Status.CANCELLED, "")
    except Pending:
        park(run)
    except Transient as error:
        _try_later(run, error)
    except (OperationalError, InterfaceError) as error:
        log.warning("run %s lost its database", run.pk, exc_info=True)
        said = str(error).strip().partition("\n")[0][:200]
        _try_later(run, Transient(f"The database did not answer ({said or type(error).__name__})."))
    except WrongState as error:
        log.warning("run %s was taken over: %s", run.pk, error)
    except StudioError as error:
        _end(run, Run.Status.FAILED, str(error))
    except Exception as error:
        log.exception("run %s failed", run.pk)
        _end(run, Run.Status.FAILED, f"Something went wrong on our side ({type(error).__name__}). The log has more.")
        raise
    finally:
        stop.set()
        keeper.join()


def _keep(run_id: int, holder: str, stop: threading.Event) -> None:
    """Renew the lease until the work ends; a worker that was killed renews nothing."""
    while not stop.wait(settings.RUN_LEASE_SECONDS / 3):
        try:
            close_old_connections()
            Run.objects.filter(pk=run_id, holder=holder, status=Run.Status.RUNNING).update(lease_until=_lease())
        except Exception:
            log.warning("the lease of run %s could not be renewed; trying again", run_id, exc_info=True)
        finally:
            connection.close()


def finish(run: Run, page: DraftPage) -> None:
    """RUNNING -> DONE with its result; those downstream are told in the same transaction.

    Raises WrongState when the run is no longer ours: then its new holder finishes it.
    """
    with transaction.atomic():
        done = Run.objects.filter(pk=run.pk, holder=run.holder, status=Run.Status.RUNNING).update(
            status=Run.Status.DONE,
            result=page.model_dump(mode="json"),
            stopped=page.stopped[:500],
            kept=len(page.placements),
            finished_at=timezone.now(),
            lease_until=None,
        )
        if not done:
            raise WrongState(f"run {run.pk} is not ours any more")
        run.refresh_from_db()
        gaps.note(run.campaign.store, _gaps(run))
        run_finished.send(sender=Run, run=run)


def _gaps(run: Run) -> Iterator[tuple[Gap, str]]:
    """The run's vocabulary gaps, each with the title of the theme that asked for it."""
    outputs = dict(run.outputs.filter(stage="themes").values_list("stage", "output"))
    titles = [theme["title"] for theme in outputs.get("themes", {}).get("themes", [])]
    for key, output in run.outputs.filter(stage="candidates").values_list("key", "output"):
        title = titles[key - 1] if 0 < key <= len(titles) else ""
        yield from ((gap, title) for gap in Candidates.model_validate(output).gaps)


def _end(run: Run, status: str, error: str) -> None:
    Run.objects.filter(pk=run.pk, holder=run.holder, status=Run.Status.RUNNING).update(
        status=status, error=error, finished_at=timezone.now(), lease_until=None
    )


def _try_later(run: Run, error: Transient) -> None:
    """QUEUED again while attempts remain, else FAILED."""
    if run.attempts < MOST_ATTEMPTS:
        _again(run, error)
    else:
        _end(run, Run.Status.FAILED, f"{error} Tried {run.attempts} times.")


def _again(run: Run, error: Transient) -> None:
    """RUNNING -> QUEUED for a while; a run that somebody wants to end does not wait for that."""
    if Run.objects.filter(pk=run.pk, cancel_requested=True).exists():
        _end(run, Run.Status.CANCELLED, "")
        return
    wait = error.retry_after if error.retry_after is not None else 2.0**run.attempts
    Run.objects.filter(pk=run.pk, holder=run.holder, status=Run.Status.RUNNING).update(
        status=Run.Status.QUEUED,
        error=str(error),
        lease_until=None,
        not_before=timezone.now() + dt.timedelta(seconds=min(wait, 300)),
    )


def park(run: Run) -> None:
    """RUNNING -> WAITING: its questions lie with a vendor's batch service. Its attempts are counted anew after that."""
    if Run.objects.filter(pk=run.pk, cancel_requested=True).exists():
        _end(run, Run.Status.CANCELLED, "")
        return
    Run.objects.filter(pk=run.pk, holder=run.holder, status=Run.Status.RUNNING).update(
        status=Run.Status.WAITING, attempts=0, lease_until=None
    )


def unpark(batch_id: int, after: float = 0) -> int:
    """WAITING -> QUEUED for all runs of a batch, because answers came, to go on `after` seconds; how many."""
    later = timezone.now() + dt.timedelta(seconds=after) if after else None
    return Run.objects.filter(batch=batch_id, status=Run.Status.WAITING).update(
        status=Run.Status.QUEUED, not_before=later, lease_until=None
    )


def cancel(run: Run) -> None:
    """Stop an open run: at once when it waits, after its current step when it works.

    Raises WrongState when it has ended.
    """
    if Run.objects.filter(pk=run.pk, status__in=[Run.Status.QUEUED, Run.Status.WAITING]).update(
        status=Run.Status.CANCELLED, finished_at=timezone.now()
    ):
        return
    if not Run.objects.filter(pk=run.pk, status=Run.Status.RUNNING).update(cancel_requested=True):
        raise WrongState(f"Run {run.pk} has ended already.")


def requeue(run: Run, budget: Decimal | None = None) -> None:
    """FAILED or CANCELLED -> QUEUED; every stage that was saved stays. Its batch, if it has one, is under way again.

    Raises WrongState otherwise, and when another batch of the campaign is under way.
    """
    changed = {} if budget is None else {"budget": budget}
    if not Run.objects.filter(pk=run.pk, status__in=[Run.Status.FAILED, Run.Status.CANCELLED]).update(
        status=Run.Status.QUEUED,
        attempts=0,
        cancel_requested=False,
        error="",
        finished_at=None,
        not_before=None,
        lease_until=None,
        **changed,
    ):
        raise WrongState(f"Run {run.pk} cannot be retried now.")
    if run.batch_id:
        _reopen(run.campaign_id, run.batch_id)


def _reopen(campaign_id: int, batch_id: int) -> None:
    """The batch of a run that is tried again is under way again."""
    others = Batch.objects.filter(campaign=campaign_id, status=Batch.Status.OPEN).exclude(pk=batch_id)
    if others.exists():
        raise WrongState("Another batch of this campaign is under way. Wait for it, or cancel it.")
    Batch.objects.filter(pk=batch_id).update(status=Batch.Status.OPEN, finished_at=None)
    BatchRequest.objects.filter(batch=batch_id).exclude(error="").delete()  # they are handed in anew


def continued(run: Run, actor: User | None, budget: Decimal | None) -> Run:
    """A queued run that starts from all that `run` has saved but its word on the whole page; in a transaction."""
    new = Run.objects.create(
        campaign_id=run.campaign_id,
        segment_id=run.segment_id,
        parent_id=run.parent_id,
        instruction=run.instruction,
        generator=run.generator,
        generator_label=run.generator_label,
        brief=run.brief,
        seed=run.seed,
        budget=budget if budget is not None else run.budget,
        requested_by=actor,
        space=run.space,
    )
    saved = StageOutput.objects.filter(run=run).exclude(stage="page").order_by("id")
    StageOutput.objects.bulk_create(
        StageOutput(run=new, stage=one.stage, key=one.key, output=one.output, seconds=one.seconds) for one in saved
    )
    return new


def release_stuck() -> list[int]:
    """Runs whose worker died go back to the queue, or fail when they did so too often. Returns ids waiting to run;
    those of batches are left to their batch."""
    now = timezone.now()
    lost = Run.objects.filter(status=Run.Status.RUNNING, lease_until__lt=now)
    lost.filter(cancel_requested=True).update(status=Run.Status.CANCELLED, finished_at=now, lease_until=None)
    lost.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=Run.Status.FAILED,
        error=f"The worker was lost {MOST_ATTEMPTS} times. Retry when the machine is well.",
        finished_at=now,
        lease_until=None,
    )
    lost.update(status=Run.Status.QUEUED, lease_until=None)
    money.write_off(Run.objects.exclude(status=Run.Status.RUNNING).filter(reservations__isnull=False))
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    waiting = Run.objects.filter(due, status=Run.Status.QUEUED, batch=None)
    return list(waiting.order_by("id").values_list("id", flat=True)[:50])


class RunLedger(Ledger):
    """Stage outputs in the database. What is there is read, never made again, unless it was found in another vector
    space than that of `run.space`: then the run begins anew (what models answered to the same questions is kept)."""

    def __init__(self, run: Run) -> None:
        self.run = run
        with transaction.atomic():
            mine = Run.objects.filter(pk=run.pk, holder=run.holder, status=Run.Status.RUNNING)
            if mine.exclude(space=run.space).update(space=run.space):
                StageOutput.objects.filter(run=run).delete()
        self._saved = {(row.stage, row.key): row.output for row in StageOutput.objects.filter(run=run).order_by("id")}

    def load(self, stage: str, key: int, shape: type[Output]) -> Output | None:
        saved = self._saved.get((stage, key))
        return None if saved is None else shape.model_validate(saved)

    def save(self, stage: str, key: int, output: BaseModel, seconds: float) -> None:
        self.save_all(stage, {key: output}, seconds)

    def save_all(self, stage: str, outputs: Mapping[int, BaseModel], seconds: float) -> None:
        rows = [
            StageOutput(run=self.run, stage=stage, key=key, output=output.model_dump(mode="json"), seconds=seconds)
            for key, output in outputs.items()
        ]
        try:
            with transaction.atomic():
                if spaces.number(self.run.campaign.store_id) != self.run.space:
                    raise Exchanged
                StageOutput.objects.bulk_create(rows)
        except IntegrityError as error:
            if "stage_saved_once" not in str(error):
                raise
            raise WrongState(f"somebody else has saved the {stage} stage") from None  # a worker taken for dead
        self.release()

    def check(self) -> None:
        now = Coalesce(spaces.number_in(self.run.campaign.store_id), 0)
        rows = Run.objects.filter(pk=self.run.pk).annotate(now=now)
        row = rows.values("status", "holder", "cancel_requested", "now").first()
        if row is None or row["status"] != Run.Status.RUNNING or row["holder"] != self.run.holder:
            raise WrongState("somebody else holds it")
        if row["cancel_requested"]:
            raise Cancelled("cancelled")
        if row["now"] != self.run.space:
            raise Exchanged
        self.release()  # what follows mostly thinks; many threads share a few connections

    def release(self) -> None:
        give_back_connection()


def after_commit(task: object, *args: object) -> None:
    """Enqueue `task` with plain ids once the surrounding transaction has committed.

    A broker that is away is logged and not raised: the row is there, and beat finds what waits.
    """
    transaction.on_commit(partial(task.delay, *args), robust=True)  # type: ignore[attr-defined]
