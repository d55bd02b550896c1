"""What the worker does. Every task takes plain ids and may run twice."""

from collections.abc import Callable
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings

from accounts.models import Store
from generation import imports, kit, pipeline, runs, worker
from generation.catalog import embed, vocabulary
from generation.models import ImportJob
from generation.stages.contracts import Brief
from storefront_studio.lib.locks import exclusive


@shared_task
def execute_run(run_id: int) -> None:
    """Run the cascade for a run that is still queued; a no-op for any other."""
    with runs.claimed(run_id) as run:
        if run is not None:
            brief = Brief.model_validate(run.brief["brief"])
            page = pipeline.execute(
                brief,
                run.campaign.store.name,
                run.campaign.store.currency,
                kit.build(run, brief),
                runs.RunLedger(run),
                workers=1 if run.generator == "library" else settings.MODEL_CONCURRENCY,
            )
            runs.finish(run, page)


@shared_task
def import_feed(job_id: int) -> None:
    """Bring a feed in, then its vectors and keywords; a no-op when the job ended or another worker holds it."""
    with exclusive(f"import:{job_id}") as ours:
        job = ImportJob.objects.filter(pk=job_id, status__in=ImportJob.OPEN).first() if ours else None
        if job is None:
            return
        imports.execute(job)
    embed_catalogue.delay(job.store_id)


@shared_task
def embed_catalogue(store_id: int) -> None:
    """Embed changed products and bring the vocabulary up to the catalogue; one at a time per store."""
    store = Store.objects.filter(pk=store_id).first()
    if store is None:
        return
    with exclusive(f"embed:{store_id}") as ours:
        if ours:
            prepare_catalogue(store)


def prepare_catalogue(
    store: Store,
    on_products: Callable[[int], Any] = lambda done: None,
    on_keywords: Callable[[int, int], Any] = lambda done, total: None,
) -> None:
    """Vectors and vocabulary for whatever changed; quick when nothing did. The callbacks hear how far it is."""
    if embed.embed_stale(store, kit.encoder(), on_products) or vocabulary.is_behind(store):
        vocabulary.rebuild(store, kit.encoder(), on_keywords)


@shared_task
def release_stuck() -> None:
    """From beat: runs and imports whose worker died go on."""
    for run_id in runs.release_stuck():
        execute_run.delay(run_id)
    for job_id in imports.stuck():
        import_feed.delay(job_id)


@shared_task
def finish_embedding() -> None:
    """From beat, seldom, since it reads every product: catalogues that were left half embedded go on."""
    for store_id in embed.stores_behind():
        embed_catalogue.delay(store_id)


@worker_ready.connect
def _started(**_kwargs: object) -> None:
    worker.start()


@worker_shutdown.connect
def _stopped(**_kwargs: object) -> None:
    worker.stop()
