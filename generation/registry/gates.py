"""The life of a gate: queued, claimed under a lease, saved page by page, ended once. The row remembers.

A page that was replayed is never replayed again: a worker that goes on after another one's death finds it in `report`.
"""

import datetime as dt
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation.models import GateReport
from generation.runs import me
from storefront_studio.lib.errors import StudioError, Transient, WrongState

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 5
STORES = "replay-gate-"
"""How the throw-away stores of gates are named, with the gate's number behind."""
PREPARING = "freeze-"
"""How the throw-away stores are named in which a catalogue is embedded before it is frozen."""


def _lease() -> dt.datetime:
    return timezone.now() + dt.timedelta(seconds=settings.RUN_LEASE_SECONDS)


def _mine(gate: GateReport) -> Any:
    return GateReport.objects.filter(pk=gate.pk, holder=gate.holder, status=GateReport.Status.RUNNING)


def claim(gate_id: int) -> GateReport | None:
    """Take a queued gate whose time has come, or None when it is not ours to run."""
    now = timezone.now()
    free = Q(not_before__isnull=True) | Q(not_before__lte=now)
    taken = GateReport.objects.filter(free, pk=gate_id, status=GateReport.Status.QUEUED).update(
        status=GateReport.Status.RUNNING,
        holder=me(),
        lease_until=_lease(),
        attempts=F("attempts") + 1,
        not_before=None,
        error="",
    )
    return GateReport.objects.select_related("store").get(pk=gate_id) if taken else None


@contextmanager
def claimed(gate_id: int) -> Iterator[GateReport | None]:
    """Hold a gate while the block works, its lease kept alive by a thread.

    The block ends it with `finish`. When it raises, the gate is FAILED with the reason, or QUEUED again when the fault
    may pass and attempts remain. Errors of kinds we foresee are not raised further.
    """
    gate = claim(gate_id)
    if gate is None:
        yield None
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(gate, stop), daemon=True)
    keeper.start()
    try:
        yield gate
    except Transient as error:
        if gate.attempts < MOST_ATTEMPTS:
            wait = error.retry_after if error.retry_after is not None else 2.0**gate.attempts
            later = timezone.now() + dt.timedelta(seconds=min(wait, 300))
            _mine(gate).update(status=GateReport.Status.QUEUED, error=str(error), lease_until=None, not_before=later)
        else:
            fail(gate, f"{error} Tried {gate.attempts} times.")
    except WrongState as error:
        log.warning("gate %s is not ours any more: %s", gate.pk, error)
    except StudioError as error:
        fail(gate, str(error))
    except Exception as error:
        log.exception("gate %s failed", gate.pk)
        fail(gate, f"Something went wrong on our side ({type(error).__name__}). The log has more.")
        raise
    finally:
        stop.set()
        keeper.join()


def _keep(gate: GateReport, stop: threading.Event) -> None:
    """Renew the lease until the work ends; a worker that was killed renews nothing."""
    while not stop.wait(settings.RUN_LEASE_SECONDS / 3):
        try:
            close_old_connections()
            _mine(gate).update(lease_until=_lease())
        except Exception:
            log.warning("the lease of gate %s could not be renewed; trying again", gate.pk, exc_info=True)
        finally:
            connection.close()


def save(gate: GateReport, report: dict[str, Any]) -> None:
    """Keep what was measured so far. Raises WrongState when the gate was stopped or is another worker's."""
    if not _mine(gate).update(report=report, lease_until=_lease()):
        raise WrongState("somebody else holds it, or it was stopped")
    gate.report = report


def finish(gate: GateReport, report: dict[str, Any], checks: list[dict[str, Any]], passed: bool) -> None:
    """RUNNING -> DONE with its verdict, once. Raises WrongState when the gate is no longer ours."""
    with transaction.atomic():
        done = _mine(gate).update(
            status=GateReport.Status.DONE,
            report=report,
            checks=checks,
            passed=passed,
            finished_at=timezone.now(),
            lease_until=None,
        )
        if not done:
            raise WrongState("somebody else holds it, or it was stopped")
        version, word = gate.candidate.partition("@")[0], "passed" if passed else "did not pass"
        audit.record(
            store=gate.store,
            actor=None,
            action="registry.gate_ended",
            subject=f"gate:{gate.pk}",
            summary=f"The gate of {gate.name} {version} {word}",
            new={"candidate": gate.candidate, "production": gate.production, "passed": passed},
        )
    gate.refresh_from_db()


def fail(gate: GateReport, error: str) -> None:
    """RUNNING -> FAILED with the reason."""
    _mine(gate).update(status=GateReport.Status.FAILED, error=error, finished_at=timezone.now(), lease_until=None)


@transaction.atomic
def stop(*, gate: GateReport, actor: User | None) -> None:
    """Open -> FAILED because a person said so; the worker notices after the page it is at.

    Raises NotAllowed for anybody but an admin, WrongState when it has ended.
    """
    require_admin(gate.store, actor, "stop a gate")
    who = str(actor) if actor else "Command line"
    if not GateReport.objects.filter(pk=gate.pk, status__in=GateReport.OPEN).update(
        status=GateReport.Status.FAILED, error=f"{who} stopped it.", finished_at=timezone.now(), lease_until=None
    ):
        raise WrongState("This gate has ended already.")
    audit.record(
        store=gate.store,
        actor=actor,
        action="registry.gate_stop",
        subject=f"gate:{gate.pk}",
        summary=f"Stopped the gate of {gate.name} {gate.candidate.partition('@')[0]}",
        actor_name=who,
    )


def release_stuck() -> list[int]:
    """Gates whose worker died go back to the queue, or fail when they did so too often; what they left behind goes.
    Returns ids waiting to run."""
    now = timezone.now()
    lost = GateReport.objects.filter(status=GateReport.Status.RUNNING, lease_until__lt=now)
    lost.filter(attempts__gte=MOST_ATTEMPTS).update(
        status=GateReport.Status.FAILED,
        error=f"The worker was lost {MOST_ATTEMPTS} times. Run the gate again when the machine is well.",
        finished_at=now,
        lease_until=None,
    )
    lost.update(status=GateReport.Status.QUEUED, lease_until=None)
    for store in Store.objects.filter(slug__startswith=PREPARING, created_at__lt=now - dt.timedelta(hours=2)):
        store.delete()
    for store in Store.objects.filter(slug__startswith=STORES):
        number = store.slug.removeprefix(STORES)
        ended = GateReport.objects.filter(pk=number if number.isdigit() else 0).exclude(status__in=GateReport.OPEN)
        if ended.filter(finished_at__lt=now - dt.timedelta(minutes=10)).exists():
            store.delete()
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    waiting = GateReport.objects.filter(due, status=GateReport.Status.QUEUED)
    return list(waiting.order_by("id").values_list("id", flat=True)[:20])
