"""What the worker does. Every task takes plain ids and may run twice."""

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown
from django.conf import settings

from accounts.models import Store
from generation import answers, batches, imports, kit, leases, pipeline, rulings, runs, spacing, vendor_jobs, worker
from generation.catalog import backlog, embed, meaning, spaces, vocabulary, wording
from generation.measure import gate
from generation.models import ImportJob, VendorBatch
from generation.registry import gates
from generation.stages.contracts import Brief, Fixed
from storefront_studio.lib.errors import StudioError
from storefront_studio.lib.locks import exclusive

log = logging.getLogger(__name__)


@shared_task
def execute_run(run_id: int) -> None:
    """Run the cascade for a run that is still queued; a no-op for any other."""
    batch_id = execute_here(run_id)
    if batch_id is not None:
        pump_batch(batch_id)


def execute_here(run_id: int) -> int | None:
    """The same in this process, and nothing else; the batch that may go on after it, if the run was ours and in one."""
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
                fixed=[Fixed.model_validate(one) for one in run.brief.get("fixed", [])],
                notes=run.brief.get("left_out", []),
            )
            runs.finish(run, page)
            kit.charge(run.campaign.store, kit.encoder_of(run.campaign.store))
    return None if run is None else run.batch_id


@shared_task
def pump_batch(batch_id: int) -> None:
    """Start what a batch has room for, and hand what its runs ask to the vendor when all of them wait for it."""
    for run_id in batches.pump(batch_id):
        execute_run.delay(run_id)
    for job_id in vendor_jobs.due():
        tend_vendor_job.delay(job_id)


@shared_task
def tend_vendor_job(job_id: int) -> None:
    """Send a vendor's batch job or bring its answers in; the runs that wait for them go on when all have come."""
    if vendor_jobs.tend(job_id):
        batch_id = VendorBatch.objects.values_list("batch_id", flat=True).get(pk=job_id)
        if not vendor_jobs.under_way(batch_id):
            runs.unpark(batch_id)
        pump_batch(batch_id)


@shared_task
def tend_batches() -> None:
    """From beat: batches go on whatever was lost, and vendors' jobs are looked after."""
    for batch_id in batches.open_batches():
        pump_batch.delay(batch_id)
    for job_id in vendor_jobs.due():
        tend_vendor_job.delay(job_id)


@shared_task
def forget_old_answers() -> None:
    """From beat: models' answers that are older than ANSWER_DAYS."""
    answers.forget_old()


@shared_task
def run_gate(gate_id: int) -> None:
    """Replay a candidate beside production for a gate that is still queued; a no-op for any other."""
    with gates.claimed(gate_id) as report:
        if report is not None:
            gate.work(report)


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
            try:
                prepare_catalogue(store)
            except StudioError as error:  # what waits goes on waiting, and beat comes again
                log.warning("the products of store %s do not go on being embedded: %s", store_id, error)


def prepare_catalogue(
    store: Store,
    on_products: Callable[[int], Any] = lambda done: None,
    on_keywords: Callable[[int, int], Any] = lambda done, total: None,
) -> None:
    """Words, vectors and vocabulary for whatever changed; quick when nothing did. The callbacks hear how far it is."""
    wording.refresh(store)
    meter = backlog.Meter(store.pk)

    def heard(done: int) -> None:
        meter(done)
        on_products(done)

    encoder = kit.settle(store)
    try:
        embedded = embed.embed_stale(store, encoder, heard)
        meter.ended()
        if embedded or vocabulary.is_behind(store, encoder.name):
            vocabulary.rebuild(store, encoder, on_keywords)
    finally:
        kit.charge(store, encoder)


@shared_task
def build_space(store_id: int) -> None:
    """Make the vectors of a store's next space, and change to it when none is missing; one at a time per store."""
    store = Store.objects.filter(pk=store_id).first()
    try:
        changed = store is not None and spacing.build(store)
    except StudioError as error:  # the space keeps the reason, and beat comes again where it may pass
        log.warning("the vectors of store %s do not go on: %s", store_id, error)
        return
    if changed:
        embed_catalogue.delay(store_id)
        embed_rulings.delay(store_id)


@shared_task
def release_stuck() -> None:
    """From beat: runs, imports and gates whose worker died go on; places they held are cleared away."""
    for run_id in runs.release_stuck():
        execute_run.delay(run_id)
    for job_id in imports.stuck():
        import_feed.delay(job_id)
    for gate_id in gates.release_stuck():
        run_gate.delay(gate_id)
    leases.forget_ended()


@shared_task
def place_text(store_id: int, text: str) -> None:
    """Where a text that somebody searched for stands in a store's vector space, for the processes that cannot tell."""
    store = Store.objects.filter(pk=store_id).first()
    if store is not None:
        number = spaces.number(store_id)
        vector = kit.encoder_of(store).encode([text])[0]
        if spaces.number(store_id) == number:  # else it is of a space that no longer serves; whoever asks asks again
            meaning.keep(store, text, vector)


@shared_task
def embed_rulings(store_id: int) -> None:
    """Vectors for what people turned down in this store; a no-op when none waits or another worker is at it."""
    store = Store.objects.filter(pk=store_id).first()
    if store is None:
        return
    with exclusive(f"rulings:{store_id}") as ours:
        if ours:
            encoder = kit.encoder_of(store)
            rulings.embed(store, encoder)
            kit.charge(store, encoder)


@shared_task
def finish_embedding() -> None:
    """From beat, seldom, since it reads every product: catalogues and rulings left half embedded go on, and stores that
    are served by another encoder than settings name get vectors by that."""
    for store_id in {*embed.stores_behind(), *wording.stores_behind()}:
        embed_catalogue.delay(store_id)
    for store_id in rulings.stores_behind():
        embed_rulings.delay(store_id)
    spacing.follow_settings()
    for store_id in spaces.being_built():
        build_space.delay(store_id)


@worker_ready.connect
def _started(sender: Any, **_kwargs: object) -> None:
    worker.start(sender.app.amqp.queues.consume_from)


@worker_shutdown.connect
def _stopped(**_kwargs: object) -> None:
    worker.stop()
