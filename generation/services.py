"""Writes of generation: campaigns and runs. Views, API, commands and tasks all call these."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import audit
from accounts.models import Store, User
from generation import audiences, kit, money, runs, signals, tasks
from generation.campaigns import brief as briefs
from generation.campaigns import feasibility, segments, standing
from generation.campaigns.constraints import Constraints
from generation.models import Batch, Campaign, ImportJob, Run, Segment
from generation.policy import policies
from generation.registry import releases
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
    "variety",
]
RESERVED = {"new", "eligible", "compile", "audiences"}  # addresses of the campaign screens themselves


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


def campaign_from_brief(*, store: Store, actor: User | None, data: Any) -> Campaign:
    """A draft campaign from a brief (DESIGN 4.4); the same brief again changes that campaign instead of making two.

    Raises BadInput naming the fields that are not right.
    """
    brief = briefs.read(data)
    slug = slugify(brief.brief_id)[:80] or "brief"
    with transaction.atomic():
        audience = None
        if brief.segment is not None:
            audience = save_segment(store=store, name=brief.segment.name, profile=brief.segment.profile, actor=actor)
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
            variety=brief.variety,
            constraints=brief.hard(),
            **({} if Campaign.objects.filter(store=store, slug=slug).exists() else {"slug": slug}),
        )


def save_segment(*, store: Store, name: str, profile: dict[str, Any], actor: User | None = None) -> Segment:
    """The segment of this name with this profile, whatever names its fields go by; one that is there takes the new
    profile, and keeps its own when none was given."""
    found = Segment.objects.filter(store=store, name__iexact=name.strip()).first()
    if found is not None and not profile:
        return found
    read = segments.read_loosely(profile)
    return audiences.save(
        store=store, actor=actor, name=name, profile=read, segment=found, size=found.size if found else None
    )


def find_segment(store: Store, slug: str) -> Segment:
    """A segment by slug; raises BadInput listing the ones there are."""
    found = Segment.objects.filter(store=store, slug=slug).first()
    if found is None:
        known = ", ".join(Segment.objects.filter(store=store).values_list("slug", flat=True)[:10]) or "none yet"
        raise BadInput(f"There is no segment “{slug}” in {store}. Known: {known}.")
    return found


@dataclass(frozen=True)
class Partial:
    """What a run keeps and changes of an earlier one: the rows that stay, what a person asked for in words, the
    constraints that follow from it, and titles that must not come again."""

    parent: Run
    instruction: str
    constraints: Constraints
    kept: Sequence[Fixed]
    avoid: Sequence[str] = ()


def start_run(
    *,
    campaign: Campaign,
    actor: User | None,
    seed: int = 1,
    enqueue: bool = True,
    segment: Segment | None = None,
    batch: Batch | None = None,
    partial: Partial | None = None,
    budget: Decimal | None = None,
) -> Run:
    """A queued run of the campaign as it is now, for `segment` or else the campaign's own.

    The shop's own rows are frozen into it as they stand, or else the rows that `partial` keeps. Raises BadInput when
    the catalogue cannot fill a single placement or none is left to fill, Misconfigured when the generator lacks its
    key or a file was changed under its label, WrongState when a run of this campaign for this segment is open already.
    """
    versions = releases.in_force(campaign.store)
    name, label = kit.generator_label(versions.generator)
    today = timezone.localdate()
    day = _day(campaign, today)
    segment = segment or (partial.parent.segment if partial else campaign.segment)
    constraints = partial.constraints if partial else Constraints.model_validate(campaign.constraints)
    able = feasibility.measure(campaign.store, constraints, campaign.placements, campaign.products, today)
    if not able.feasible:
        raise BadInput(able.sentence)
    brief = briefs.for_stages(
        store=campaign.store,
        objective_kind=campaign.objective_kind,
        objective=campaign.objective,
        segment=segment_facts(segment),
        season=campaign.season,
        brand_voice=campaign.brand_voice,
        banned_terms=campaign.banned_terms,
        concepts=campaign.concepts,
        instruction=partial.instruction if partial else "",
        avoid=partial.avoid if partial else (),
        placements=campaign.placements,
        products=campaign.products,
        constraints=constraints,
        variety=campaign.variety,
        today=day,
        seed=seed,
    )
    fixed, left_out = (list(partial.kept), []) if partial else standing.freeze(campaign, constraints, day)
    if len(fixed) >= campaign.placements:
        raise BadInput(
            f"All {campaign.placements} placements of “{campaign}” are taken by rows that stay; nothing is left to "
            "generate. Let one go, or ask for more placements."
        )
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)  # two clicks at once start one run
        if campaign.runs.filter(status__in=Run.OPEN, segment=segment).exists():
            raise WrongState("This campaign is being generated already. Wait for that run, or cancel it.")
        policy = policies.current(campaign.store)
        kept: dict[str, Any] = {
            "brief": brief.model_dump(mode="json"),
            "constraints": constraints.model_dump(mode="json"),
            "fixed": [one.model_dump(mode="json") for one in fixed],
            "left_out": left_out,
            "policy": policy.model_dump(mode="json"),
            "releases": versions.model_dump(mode="json"),
        }
        signals.run_starting.send(sender=Run, store=campaign.store, policy=policy, brief=kept)
        run = Run.objects.create(
            campaign=campaign,
            segment=segment,
            batch=batch,
            budget=budget,
            parent=partial.parent if partial else None,
            instruction=partial.instruction if partial else "",
            generator=name,
            generator_label=label,
            brief=kept,
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
def retry_run(*, run: Run, actor: User, budget: Decimal | None = None) -> Run:
    """Go on with a failed or cancelled run after its last saved stage, under another `budget` (USD) when one is given.

    A run that ended at its budget with a part of the page has its draft already: what is missing is made by a new run,
    which starts from all that was saved. Raises WrongState otherwise, BadInput for a budget that is none.
    """
    Campaign.objects.select_for_update().get(pk=run.campaign_id)
    if run.campaign.runs.filter(status__in=Run.OPEN, segment=run.segment).exists():
        raise WrongState("Another run of this campaign is open. Wait for it, or cancel it.")
    if budget is not None:
        money.check_budget(budget)
    if run.status == Run.Status.DONE and run.stopped:
        run = runs.continued(run, actor, budget)
    else:
        runs.requeue(run, budget)
    runs.after_commit(*((tasks.pump_batch, run.batch_id) if run.batch_id else (tasks.execute_run, run.pk)))
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


def segment_facts(segment: Segment | None) -> SegmentFacts:
    """What a run is told of its audience; nothing for everyone."""
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
