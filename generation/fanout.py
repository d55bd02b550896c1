"""Batches as people ask for them: one campaign generated for many segments, watched, cancelled, retried."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.models import Store, User
from generation import batches, money, runs, services, tasks, vendor_jobs
from generation.models import Batch, Campaign, Run, Segment
from storefront_studio.lib.errors import BadInput, WrongState

MOST_SEGMENTS = 1000


def start_batch(
    *,
    campaign: Campaign,
    segments: Sequence[Segment],
    actor: User | None,
    mode: str = Batch.Mode.LIVE,
    concurrency: int = 4,
    budget: Decimal | None = None,
    enqueue: bool = True,
) -> Batch:
    """A queued run of the campaign, as it is now, for each of the segments; all or none.

    `budget` is the most that all of them may spend together, in USD. Raises BadInput and Misconfigured as
    `services.start_run` does, BadInput for no or too many segments, WrongState when a batch of the campaign is under
    way or one of the segments is being generated.
    """
    _check(campaign, segments, mode, concurrency, budget)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                campaign=campaign, mode=mode, concurrency=concurrency, budget=budget, requested_by=actor
            )
            # What a run is made from does not depend on the segment but for the segment itself: it is worked out once.
            first = services.start_run(campaign=campaign, actor=actor, segment=segments[0], batch=batch, enqueue=False)
            if mode == Batch.Mode.VENDOR and first.generator == "library":
                raise BadInput("The built-in library asks no vendor: it has no batch service to use. Generate at once.")
            Run.objects.bulk_create(_for(first, segment) for segment in segments[1:])
            audit.record(
                store=campaign.store,
                actor=actor,
                action="batch.start",
                subject=f"batch:{batch.pk}",
                summary=f"Started “{campaign.name}” for {len(segments)} segments",
                new={"mode": mode, "concurrency": concurrency, "budget": None if budget is None else str(budget)},
            )
            if enqueue:
                runs.after_commit(tasks.pump_batch, batch.pk)
    except IntegrityError as error:
        if "one_open_batch_per_campaign" in str(error):
            raise WrongState(_busy(campaign)) from None
        if "one_open_run_per_campaign_and_segment" in str(error):
            raise WrongState(
                "One of these segments is being generated already. Wait for that run, or cancel it."
            ) from None
        raise
    return batch


@transaction.atomic
def cancel_batch(*, batch: Batch, actor: User | None) -> Batch:
    """End a batch; what is finished stays. Raises WrongState when it has ended."""
    batches.cancel(batch)
    return _noted(batch, actor, "batch.cancel", "Cancelled")


@transaction.atomic
def retry_batch(*, batch: Batch, actor: User | None, budget: Decimal | None = None) -> Batch:
    """Go on with the failed and cancelled runs of an ended batch after their last saved stages, with another `budget`
    (USD) when one is given. Raises WrongState when there is nothing to retry or the campaign is busy."""
    if budget is not None:
        money.check_budget(budget)
        Batch.objects.filter(pk=batch.pk).update(budget=budget)
    batches.reopen(batch)
    runs.after_commit(tasks.pump_batch, batch.pk)
    return _noted(batch, actor, "batch.retry", "Retried what failed in")


def work_here(batch: Batch) -> None:
    """Do in this process, where no worker runs, what the batch has to do now."""
    for run_id in batches.pump(batch.pk):
        tasks.execute_here(run_id)
    for job_id in vendor_jobs.due():
        if vendor_jobs.tend(job_id) and not vendor_jobs.under_way(batch.pk):
            runs.unpark(batch.pk)


def named_segments(store: Store, wanted: Sequence[str]) -> list[Segment]:
    """Segments by slug, or all of a store for ``["all"]``. Raises BadInput naming those there are not."""
    mine = Segment.objects.filter(store=store).order_by("slug")
    if list(wanted) == ["all"]:
        return list(mine)
    slugs = list(dict.fromkeys(slug.strip() for slug in wanted if slug.strip()))
    found = {segment.slug: segment for segment in mine.filter(slug__in=slugs)}
    missing = [slug for slug in slugs if slug not in found]
    if missing:
        known = ", ".join(mine.values_list("slug", flat=True)[:10]) or "none yet"
        raise BadInput(f"{store} has no segment “{'”, “'.join(missing[:5])}”. Known: {known}.")
    return [found[slug] for slug in slugs]


def _check(
    campaign: Campaign, segments: Sequence[Segment], mode: str, concurrency: int, budget: Decimal | None
) -> None:
    if not segments:
        raise BadInput("Choose at least one segment. A store without segments imports or derives them first.")
    if len(segments) > MOST_SEGMENTS:
        raise BadInput(f"A batch takes at most {MOST_SEGMENTS} segments; {len(segments)} were chosen.")
    if any(segment.store_id != campaign.store_id for segment in segments):
        raise BadInput("These segments are not of the campaign's store.")
    if mode not in Batch.Mode.values:
        raise BadInput(f"There is no mode “{mode}”. Use live or vendor.")
    if not 1 <= concurrency <= batches.MOST_CONCURRENCY:
        raise BadInput(f"Between 1 and {batches.MOST_CONCURRENCY} runs can be at work at the same time.")
    if budget is not None:
        money.check_budget(budget)
    if campaign.batches.filter(status=Batch.Status.OPEN).exists():
        raise WrongState(_busy(campaign))


def _busy(campaign: Campaign) -> str:
    return f"A batch of “{campaign.name}” is under way. Wait for it, or cancel it."


def _for(first: Run, segment: Segment) -> Run:
    """The run `first` for another segment."""
    facts = services.segment_facts(segment).model_dump(mode="json")
    frozen = {**first.brief, "brief": {**first.brief["brief"], "segment": facts}}
    return Run(
        campaign_id=first.campaign_id,
        segment=segment,
        batch_id=first.batch_id,
        generator=first.generator,
        generator_label=first.generator_label,
        brief=frozen,
        seed=first.seed,
        requested_by_id=first.requested_by_id,
    )


def _noted(batch: Batch, actor: User | None, action: str, verb: str) -> Batch:
    audit.record(
        store=batch.campaign.store,
        actor=actor,
        action=action,
        subject=f"batch:{batch.pk}",
        summary=f"{verb} batch {batch.pk} of “{batch.campaign.name}”",
    )
    batch.refresh_from_db()
    return batch
