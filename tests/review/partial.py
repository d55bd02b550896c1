"""A page of the shop, and a run that regenerated part of it, without a worker: what the run made is given by hand."""

from collections.abc import Sequence
from typing import Any

from generation.models import Run
from generation.stages.contracts import DraftPage, Fixed
from review.models import Draft, Placement
from review.workflow import regenerating
from review.workflow.intake import draft_from
from tests.factories import CampaignFactory, DraftFactory, PlacementFactory, ProductFactory, placement_draft

TITLES = ("Soups that cook themselves", "One-pan suppers", "Gifts for cooks")


def page(store: Any, requested_by: Any, rows: int = 3, **fields: Any) -> Draft:
    """A draft of `rows` waiting rows at places 1 to `rows`, each with four products of its own."""
    campaign = CampaignFactory(store=store, placements=max(rows, 1), products=4, constraints={"density_min": 3})
    draft: Draft = DraftFactory(store=store, campaign=campaign, requested_by=requested_by, **fields)
    for place in range(1, rows + 1):
        title = TITLES[place - 1] if place <= len(TITLES) else f"Row {place}"
        PlacementFactory(draft=draft, key=place, position=place, title=title)
    ProductFactory.create_batch(12, store=store)
    return draft


def rows(draft: Draft) -> list[Placement]:
    return list(draft.placements.order_by("position", "id"))


def row(draft: Draft, place: int) -> Placement:
    return rows(draft)[place - 1]


def ask(draft: Draft, actor: Any, keep: Sequence[Placement] = (), instruction: str = "") -> Run:
    plan = regenerating.plan(draft=draft, instruction=instruction, keep=[one.pk for one in keep])
    return regenerating.start(plan=plan, actor=actor, enqueue=False)


def finish(run: Run, **made: Any) -> Draft:
    """End `run`: fixed rows as it was given them, and new ones in the places between; `made` overrides what is shown
    in them ("shown": products of the first new row) and how many of the last ones are missing ("short")."""
    fixed = {one.position: one.row for one in (Fixed.model_validate(one) for one in run.brief["fixed"])}
    store = run.campaign.store
    page, key = [], 0
    for place in range(1, run.campaign.placements + 1 - made.get("short", 0)):
        if place in fixed:
            page.append(fixed[place])
            continue
        key += 1
        shown = made.get("shown") if key == 1 and made.get("shown") else ProductFactory.create_batch(4, store=store)
        bench = ProductFactory.create_batch(2, store=store)
        page.append(placement_draft(key, f"New idea {run.pk}.{key}", shown, bench))
    Run.objects.filter(pk=run.pk).update(
        status=Run.Status.DONE, result=DraftPage(placements=page, dropped=[]).model_dump(mode="json")
    )
    run.refresh_from_db()
    return draft_from(run)


def proposal(draft: Draft, actor: Any, keep: Sequence[Placement] = (), instruction: str = "", **made: Any) -> Draft:
    """A page beside `draft` in which `keep` stay and the others are new."""
    return finish(ask(draft, actor, keep, instruction), **made)


def shown(placement: Placement) -> list[int]:
    return list(placement.items.filter(state="shown").order_by("slot").values_list("product_id", flat=True))
