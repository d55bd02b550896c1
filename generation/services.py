"""Writes of generation: campaigns and runs. Views, API, commands and tasks all call these."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.models import Store, User
from generation import kit, runs, tasks
from generation.campaigns import brief as briefs
from generation.campaigns import feasibility
from generation.campaigns.constraints import Constraints
from generation.models import Batch, Campaign, ImportJob, Run, Segment
from generation.stages.contracts import Fixed, SegmentFacts
from storefront_studio.lib.errors import BadInput, WrongState

FIELDS = [
    "name",
    "page",
    "objective_kind",
    "objective",
    "season",
    "starts_on",
    "ends_on",
    "segment",
    "placements",
    "products",
    "brand_voice",
    "banned_terms",
    "concepts",
    "constraints",
]
RESERVED = {"new", "eligible"}  # addresses of the campaign screens themselves


@transaction.atomic
def save_campaign(*, store: Store, actor: User | None, campaign: Campaign | None = None, **values: Any) -> Campaign:
    """Create a campaign, or change one; only what `values` names is touched. `constraints` is a `Constraints`.

    Raises BadInput when something does not fit together.
    """
    constraints = values.get("constraints")
    if isinstance(constraints, Constraints):
        values["constraints"] = constraints.model_dump(mode="json")
    new = campaign is None
    campaign = campaign or Campaign(store=store, created_by=actor)
    old = {} if new else {name: _plain(getattr(campaign, name)) for name in values}
    for name, value in values.items():
        if name not in FIELDS and not (new and name == "slug"):
            raise BadInput(f"A campaign has no field “{name}”.")
        setattr(campaign, name, value)
    if new:
        campaign.slug = _free_slug(store, values.get("slug") or slugify(campaign.name) or "campaign")
    campaign.save()
    changed = {name: _plain(getattr(campaign, name)) for name in values}
    audit.record(
        store=store,
        actor=actor,
        action="campaign.create" if new else "campaign.change",
        subject=f"campaign:{campaign.slug}",
        summary=f"{'Created' if new else 'Changed'} campaign “{campaign.name}”",
        old={name: value for name, value in old.items() if changed[name] != value} or None,
        new={name: value for name, value in changed.items() if new or old.get(name) != value},
    )
    return campaign


def campaign_from_brief(*, store: Store, actor: User | None, data: Any, segment: str = "") -> Campaign:
    """A draft campaign from a brief (DESIGN 4.4); the same brief again changes that campaign instead of making two.

    Raises BadInput naming the fields that are not right.
    """
    brief = briefs.read(data)
    slug = slugify(brief.brief_id)[:80] or "brief"
    with transaction.atomic():
        audience = None
        if segment:
            audience = find_segment(store, segment)
        elif brief.segment is not None:
            audience = save_segment(store=store, name=brief.segment.name, profile=brief.segment.profile)
        return save_campaign(
            store=store,
            actor=actor,
            campaign=Campaign.objects.filter(store=store, slug=slug).first(),
            name=brief.name or _name(brief.objective),
            page=brief.page,
            objective_kind=brief.objective_kind.value,
            objective=brief.objective,
            season=brief.season,
            starts_on=brief.starts_on,
            ends_on=brief.ends_on,
            segment=audience,
            placements=brief.placements,
            products=brief.products,
            brand_voice=brief.brand_voice,
            banned_terms=brief.banned_terms,
            concepts=brief.concepts,
            constraints=brief.hard(),
            **({} if Campaign.objects.filter(store=store, slug=slug).exists() else {"slug": slug}),
        )


def save_segment(*, store: Store, name: str, profile: dict[str, Any]) -> Segment:
    """The segment of this name with this profile; one that is there takes the new profile."""
    segment, _ = Segment.objects.update_or_create(
        store=store, slug=slugify(name)[:50] or "segment", defaults={"name": name, "profile": profile}
    )
    return segment


def find_segment(store: Store, slug: str) -> Segment:
    """A segment by slug; raises BadInput listing the ones there are."""
    found = Segment.objects.filter(store=store, slug=slug).first()
    if found is None:
        known = ", ".join(Segment.objects.filter(store=store).values_list("slug", flat=True)[:10]) or "none yet"
        raise BadInput(f"There is no segment “{slug}” in {store}. Known: {known}.")
    return found


@dataclass(frozen=True)
class Partial:
    """What a run keeps and changes of an earlier one: the rows that stay, what a person asked for in words, and the
    constraints that follow from it."""

    parent: Run
    instruction: str
    constraints: Constraints
    kept: Sequence[Fixed]


def start_run(
    *,
    campaign: Campaign,
    actor: User | None,
    seed: int = 1,
    enqueue: bool = True,
    segment: Segment | None = None,
    batch: Batch | None = None,
    partial: Partial | None = None,
) -> Run:
    """A queued run of the campaign as it is now, for `segment` or else the campaign's own.

    Raises BadInput when the catalogue cannot fill a single placement, Misconfigured when the generator lacks its key,
    WrongState when a run of this campaign for this segment is open already.
    """
    name, label = kit.generator_label()
    today = timezone.localdate()
    segment = segment or (partial.parent.segment if partial else campaign.segment)
    constraints = partial.constraints if partial else Constraints.model_validate(campaign.constraints)
    able = feasibility.measure(campaign.store, constraints, campaign.placements, campaign.products, today)
    if not able.feasible:
        raise BadInput(able.sentence)
    brief = briefs.for_stages(
        store=campaign.store,
        objective_kind=campaign.objective_kind,
        objective=campaign.objective,
        segment=_facts(segment),
        season=campaign.season,
        brand_voice=campaign.brand_voice,
        banned_terms=campaign.banned_terms,
        concepts=campaign.concepts,
        instruction=partial.instruction if partial else "",
        placements=campaign.placements,
        products=campaign.products,
        constraints=constraints,
        today=_day(campaign, today),
        seed=seed,
    )
    fixed = list(partial.kept) if partial else []
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)  # two clicks at once start one run
        if campaign.runs.filter(status__in=Run.OPEN, segment=segment).exists():
            raise WrongState("This campaign is being generated already. Wait for that run, or cancel it.")
        run = Run.objects.create(
            campaign=campaign,
            segment=segment,
            batch=batch,
            parent=partial.parent if partial else None,
            instruction=partial.instruction if partial else "",
            generator=name,
            generator_label=label,
            brief={
                "brief": brief.model_dump(mode="json"),
                "constraints": constraints.model_dump(mode="json"),
                "fixed": [one.model_dump(mode="json") for one in fixed],
            },
            seed=seed,
            requested_by=actor,
        )
        audit.record(
            store=campaign.store,
            actor=actor,
            action="run.start",
            subject=f"run:{run.pk}",
            summary=f"Started a run of “{campaign.name}” with {label}",
        )
        if enqueue:
            runs.after_commit(tasks.execute_run, run.pk)
    return run


@transaction.atomic
def cancel_run(*, run: Run, actor: User) -> Run:
    """Stop an open run; raises WrongState when it has ended."""
    runs.cancel(run)
    return _noted(run, actor, "run.cancel", "Cancelled")


@transaction.atomic
def retry_run(*, run: Run, actor: User) -> Run:
    """Go on with a failed or cancelled run after its last saved stage; raises WrongState otherwise."""
    Campaign.objects.select_for_update().get(pk=run.campaign_id)
    if run.campaign.runs.filter(status__in=Run.OPEN, segment=run.segment).exists():
        raise WrongState("Another run of this campaign is open. Wait for it, or cancel it.")
    runs.requeue(run)
    runs.after_commit(tasks.execute_run, run.pk)
    return _noted(run, actor, "run.retry", "Retried")


@transaction.atomic
def start_import(*, job: ImportJob, actor: User | None) -> ImportJob:
    """Hand a confirmed import to the worker."""
    audit.record(
        store=job.store,
        actor=actor,
        action="import.start",
        subject=f"import:{job.pk}",
        summary=f"Started importing {job.file_name}",
        new={"mapping": job.mapping},
    )
    runs.after_commit(tasks.import_feed, job.pk)
    return job


def _noted(run: Run, actor: User, action: str, verb: str) -> Run:
    audit.record(
        store=run.campaign.store,
        actor=actor,
        action=action,
        subject=f"run:{run.pk}",
        summary=f"{verb} run {run.pk} of “{run.campaign.name}”",
    )
    run.refresh_from_db()
    return run


def _facts(segment: Segment | None) -> SegmentFacts:
    return SegmentFacts() if segment is None else SegmentFacts(name=segment.name, profile=segment.profile)


def _day(campaign: Campaign, today: dt.date) -> dt.date:
    """The day the page is for: its first day when that lies ahead, else today."""
    return campaign.starts_on if campaign.starts_on and campaign.starts_on > today else today


def _name(objective: str) -> str:
    words = objective.strip().rstrip(".")
    return words if len(words) <= 80 else words[:80].rsplit(" ", 1)[0] + "…"


def _free_slug(store: Store, wanted: str) -> str:
    slug, number = wanted[:80], 1
    while slug in RESERVED or Campaign.objects.filter(store=store, slug=slug).exists():
        number += 1
        slug = f"{wanted[:74]}-{number}"
    return slug


def _plain(value: Any) -> Any:
    if isinstance(value, Segment):
        return value.slug
    return value.isoformat() if isinstance(value, dt.date) else value
