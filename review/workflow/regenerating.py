"""Regenerating part of a page: what an instruction would do, before it costs anything, and the run that does it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from generation import services
from generation.campaigns import feasibility
from generation.campaigns.compiler import Instruction, Reading, compile_instruction
from generation.campaigns.compiler.shapes import with_readings
from generation.campaigns.constraints import Constraints
from generation.campaigns.feasibility import Feasibility
from generation.models import Run
from review import selectors
from review.models import Draft, Placement
from review.policies import Act, check
from review.workflow import locked
from review.workflow.transitions import check_in_force
from storefront_studio.lib.errors import BadInput

Status = Placement.Status
LONGEST = 500  # characters of an instruction
MOST_AVOIDED = 60  # titles that are told not to come again


@dataclass(frozen=True)
class Plan:
    """What an instruction would do to a page: rows that stay, rows that make room, how many new ones come, and what
    was read from the words. `taken` are the keys of the readings that count; `able` is what the catalogue can still
    fill beside the rows that stay."""

    draft: Draft
    reading: Instruction
    taken: frozenset[str]
    constraints: Constraints
    refused: list[Reading]
    keep: list[Placement]
    renew: list[Placement]
    wanted: int
    able: Feasibility

    @property
    def problem(self) -> str:
        """Why nothing can be regenerated like this; empty when it can."""
        if self.wanted < 1:
            return "Every row stays, so there is nothing to regenerate. Unlock at least one."
        return "" if self.able.feasible else self.able.sentence


def may_unlock(row: Placement) -> bool:
    """The shop's own rows are changed on the campaign, not generated anew."""
    return row.source != Placement.Source.STATIC


def rows_of(draft: Draft) -> list[Placement]:
    """The rows that may be kept: open ones, in page order, with their products."""
    found = draft.placements.filter(status__in=selectors.OPEN).order_by("position", "id")
    return list(selectors.with_products(found))


def locked_at_first(rows: Iterable[Placement]) -> set[int]:
    """What stays unless somebody says otherwise: what is approved, and the shop's own rows."""
    return {row.pk for row in rows if row.status == Status.APPROVED or not may_unlock(row)}


def named(draft: Draft, places: Collection[int] | None, ids: Collection[int] = ()) -> set[int]:
    """Primary keys of the open rows at `places` and of those with `ids`; what stays at first when both are left out.

    Raises BadInput naming the one that is not there.
    """
    rows = rows_of(draft)
    if places is None and not ids:
        return locked_at_first(rows)
    at, known = {row.position: row.pk for row in rows}, {row.pk for row in rows}
    lost = [*(f"{place}" for place in places or () if place not in at), *(f"“{pk}”" for pk in ids if pk not in known)]
    if lost:
        raise BadInput(f"There is no open row {lost[0]} on this page; it has {numbers(rows)}.")
    return {at[place] for place in places or ()} | set(ids)


def plan(
    *,
    draft: Draft,
    instruction: str,
    keep: Collection[int],
    offered: Collection[str] = (),
    taken: Collection[str] = (),
) -> Plan:
    """What `instruction` would do when the rows `keep` (primary keys) stay as well as those that it names.

    Of the readings that the person was `offered`, those in `taken` count; of others, those that are sure. Raises
    BadInput: too long an instruction, or a row that is not on this page.
    """
    text = " ".join(instruction.split())
    if len(text) > LONGEST:
        raise BadInput(f"The instruction has {len(text)} characters; {LONGEST} fit.")
    campaign, today = draft.campaign, timezone.localdate()
    rows = rows_of(draft)
    strangers = set(keep) - {row.pk for row in rows}
    if strangers:
        raise BadInput("One of the rows to keep is not open on this page; load the page again.")
    before = Constraints.model_validate(draft.run.brief["constraints"])
    last = max((row.position for row in rows), default=0)
    prices = _prices(row for row in rows if row.pk not in keep) or _prices(rows)
    reading = compile_instruction(text, draft.store, today, before, prices=prices, rows=last)
    numbered = {row.position: row for row in rows}
    missing = [number for number in [*reading.kept, *reading.dropped] if number not in numbered]
    if missing:
        raise BadInput(f"There is no open row {missing[0]} on this page; it has {numbers(rows)}.")
    counts = {one.key for one in reading.readings if (one.key in taken if one.key in offered else one.sure)}
    constraints, refused = with_readings(before, [one for one in reading.readings if one.key in counts])
    stays = {row.pk for row in rows if not may_unlock(row)} | set(keep)
    stays |= {numbered[number].pk for number in reading.kept}
    stays -= {numbered[number].pk for number in reading.dropped if may_unlock(numbered[number])}
    kept = [row for row in rows if row.pk in stays]
    wanted = campaign.placements - len(kept)
    return Plan(
        draft=draft,
        reading=reading,
        taken=frozenset(counts),
        constraints=constraints,
        refused=refused,
        keep=kept,
        renew=[row for row in rows if row.pk not in stays],
        wanted=wanted,
        able=feasibility.measure(draft.store, _without(constraints, kept), max(wanted, 1), campaign.products, today),
    )


@transaction.atomic
def start(*, plan: Plan, actor: User | None, seed: int | None = None, enqueue: bool = True) -> Run:
    """The run that writes the unlocked rows anew. Without `actor` the shell asked.

    Raises NotAllowed, WrongState (the page was replaced, or is only proposed; a run is open already), BadInput
    (nothing to regenerate, or nothing to fill it with), Misconfigured.
    """
    draft = Draft.objects.select_related("store", "campaign", "run", "parent__run").get(pk=plan.draft.pk)
    if actor is not None:
        check(actor, Act.REGENERATE, draft.store)
    check_in_force(draft)
    if plan.problem:
        raise BadInput(plan.problem)
    text = plan.reading.text
    run = services.start_run(
        campaign=draft.campaign,
        actor=actor,
        seed=draft.run.seed + 1 if seed is None else seed,
        enqueue=enqueue,
        partial=services.Partial(
            parent=draft.run,
            instruction=text,
            constraints=plan.constraints,
            kept=locked.freeze(plan.keep),
            avoid=_avoided(draft, plan.renew),
        ),
    )
    who = actor or "The shell"
    said = f"{who} asked for new rows on the page of run {draft.run_id}, keeping {numbers(plan.keep)}"
    audit.record(
        store=draft.store,
        actor=actor,
        action="draft.regenerate",
        subject=f"draft:{draft.pk}",
        summary=f"{said}: “{text}”" if text else f"{said}.",
        new={"run": run.pk, "kept": [row.pk for row in plan.keep], "instruction": text},
    )
    return run


def _avoided(draft: Draft, renew: Sequence[Placement]) -> list[str]:
    """Titles that must not come again: of the rows that make room, of earlier proposals beside this page, and what was
    avoided when this page was made."""
    earlier = Placement.objects.filter(draft__parent=draft, kept_from=None).order_by("-id")
    titles = [
        *(row.title for row in renew),
        *earlier.values_list("title", flat=True)[:MOST_AVOIDED],
        *draft.run.brief["brief"].get("avoid", []),
    ]
    return list(dict.fromkeys(titles))[:MOST_AVOIDED]


def _without(constraints: Constraints, kept: Sequence[Placement]) -> Constraints:
    """The constraints, and no product that a row which stays shows: what is left for the new rows."""
    shown = [item.product.item_id for row in kept for item in selectors.items(row)]
    return constraints.model_copy(update={"exclude_products": [*constraints.exclude_products, *shown]})


def _prices(rows: Iterable[Placement]) -> list[Decimal]:
    """What the products of `rows` cost now."""
    return [item.product.effective_price for row in rows for item in selectors.items(row)]


def numbers(rows: Sequence[Placement]) -> str:
    """ "rows 1, 3"; "no row" when there is none."""
    places = [str(row.position) for row in rows]
    return "no row" if not places else ("row " if len(places) == 1 else "rows ") + ", ".join(places)
