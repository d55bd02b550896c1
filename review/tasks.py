"""What the worker does for review. Every task takes plain ids and may run twice."""

from celery import shared_task

from accounts.models import Store
from review import archive
from review.calibration import gold, scoring
from review.publishing import scheduling
from review.workflow import bulk
from storefront_studio.lib.locks import exclusive


@shared_task
def seed_gold(store_id: int) -> None:
    """Our own gold set, scored by the built-in judge; a no-op when another worker is at it."""
    store = Store.objects.filter(pk=store_id).first()
    if store is None:
        return
    with exclusive(f"gold:{store_id}") as ours:
        if ours:
            gold.seed(store, list(scoring.by_built_in(store, gold.read(gold.OWN))))


@shared_task
def keep_schedules() -> None:
    """What the clock brought since the last look goes into the history; see `publishing.moves.settle`."""
    scheduling.keep()


@shared_task
def decide_on_many(act_id: int) -> None:
    """Go on with a decision on many placements, or with its undoing; a no-op when another worker is at it."""
    bulk.go_on(act_id)


@shared_task
def go_on_deciding() -> None:
    """Take up what a killed worker left."""
    for act_id in bulk.unfinished():
        decide_on_many.delay(act_id)


@shared_task
def sum_up_tally() -> None:
    """Keep the counts of the archive quick to read; see `archive.compact`."""
    archive.compact()
