"""What the worker does for review. Every task takes plain ids and may run twice."""

from celery import shared_task

from accounts.models import Store
from review.calibration import gold, scoring
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
