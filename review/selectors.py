"""What screens, API and commands read: queue, one placement, what was turned down, the trail, the published shape."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import AuditEntry, Store, User
from generation.models import Availability, Product
from generation.stages.facets import of
from generation.stages.themes import MEMORY
from review.models import Decision, Draft, Judgement, Placement, PlacementProduct, ReasonCode
from review.models.draft import PlacementQuerySet
from review.workflow import limits

OPEN = (Placement.Status.WAITING, Placement.Status.CHANGES_REQUESTED, Placement.Status.APPROVED)


# --- The queue ----------------------------------------------------------------------------------------------------
def queue(store: Store) -> PlacementQuerySet:
    """Waiting placements of `store`, riskiest first: without a score, then lowest score, then oldest; the
    shop's own rows, which nobody scored, last."""
    waiting = Placement.objects.of(store).waiting().select_related("draft__campaign", "draft__run__requested_by")
    return waiting.order_by("source", F("score").asc(nulls_first=True), "created_at", "id")  # generated before static


def waiting_count(store: Store) -> int:
    return Placement.objects.of(store).waiting().count()


class Neighbours(NamedTuple):
    """Where a placement stands in the queue: ids before and after it, and its place (from 1; 0 when it left)."""

    previous: int | None
    next: int | None
    place: int
    total: int


def neighbours(placement: Placement) -> Neighbours:
    """For one that was decided, next is the head of the queue."""
    ids = list(queue(placement.draft.store).values_list("pk", flat=True))
    if placement.pk not in ids:
        return Neighbours(None, ids[0] if ids else None, 0, len(ids))
    at = ids.index(placement.pk)
    return Neighbours(ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None, at + 1, len(ids))


# --- Placements ---------------------------------------------------------------------------------------------------
def with_products(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    """`placements` with what `as_published` reads, in two more queries however many there are."""
    items = PlacementProduct.objects.select_related("product").order_by("state", "slot", "id")
    return placements.prefetch_related(Prefetch("items", items))


def for_review(store: Store) -> QuerySet[Placement]:
    """Placements of `store` with everything the review screen shows; the number of queries is constant."""
    judgements = Judgement.objects.select_related("product").order_by("id")
    decisions = Decision.objects.select_related("actor").order_by("id")
    placements = Placement.objects.of(store).select_related(
        "draft__store",
        "draft__campaign__segment",
        "draft__run__requested_by",
        "draft__parent",
        "kept_from__draft__store",
        "kept_from__draft__run",
    )
    return with_products(placements).prefetch_related(
        Prefetch("judgements", judgements), Prefetch("decisions", decisions)
    )


def placement_for(store: Store, pk: int) -> Placement:
    """One of `for_review`. Raises Placement.DoesNotExist, for another store's placement too."""
    return for_review(store).get(pk=pk)


def items(placement: Placement, state: str = PlacementProduct.State.SHOWN) -> list[PlacementProduct]:
    """Products in one state, in slot order; no query when they were fetched with the placement."""
    return sorted((item for item in placement.items.all() if item.state == state), key=lambda item: item.slot)


def shown_elsewhere(
    placement: Placement, states: Iterable[str], among: Sequence[PlacementProduct] | None = None
) -> list[PlacementProduct]:
    """The items of other rows of the same page, in `states`, that show the products of `among` (by default the ones
    that `placement` shows). A page shows a product once."""
    if among is None:
        wanted: Any = placement.items.filter(state=PlacementProduct.State.SHOWN).values("product")
    else:
        wanted = [item.product_id for item in among]
    others = PlacementProduct.objects.filter(
        placement__draft=placement.draft_id,
        placement__status__in=list(states),
        state=PlacementProduct.State.SHOWN,
        product__in=wanted,
    )
    return list(others.exclude(placement=placement).select_related("product", "placement").order_by("id"))


def warnings(placement: Placement) -> list[str]:
    """Sentences about what is no longer as it was judged. They inform; only too few products stop an approval."""
    shown = items(placement)
    said = [
        f"“{item.product}” is {Availability(item.product.availability).label.lower()} now."
        for item in shown
        if item.product.availability != Availability.IN_STOCK
    ]
    least = limits.least(placement)
    if len(shown) < least:
        said.append(f"It shows {len(shown)} products; a row needs {least}.")
    for other in shown_elsewhere(placement, OPEN):
        said.append(f"“{other.product}” is in the row “{other.placement}” too; a page shows it once.")
    return said


# --- The published shape ------------------------------------------------------------------------------------------
def as_published(placement: Placement) -> dict[str, Any]:
    """The placement as shoppers' front ends get it; draft, preview and live page alike."""
    return {
        "id": str(placement.pk),
        "title": placement.title,
        "subtitle": placement.subtitle,
        "reason": placement.reason,
        "source": placement.source,
        "keywords": [{"text": word["text"], "kind": word["kind"]} for word in placement.keywords],
        "products": [published_product(item.product, slot) for slot, item in enumerate(items(placement), start=1)],
    }


def published_product(product: Product, slot: int) -> dict[str, Any]:
    """A product in `slot` of a row, as shoppers' front ends get it."""
    on_sale = product.sale_price is not None
    return {
        "id": product.item_id,
        "title": product.title,
        "price": {"amount": str(product.price), "currency": product.currency},
        "sale_price": {"amount": str(product.sale_price), "currency": product.currency} if on_sale else None,
        "image_link": product.image_link,
        "link": product.link,
        "slot": slot,
    }


def preview(draft: Draft, states: Iterable[str] = OPEN) -> dict[str, Any]:
    """The page this draft would become: the published shape, with neither version nor manifest yet."""
    placements = with_products(draft.placements.filter(status__in=list(states)).order_by("position", "id"))
    return {
        "page": draft.page,
        "version": None,
        "manifest": None,
        "segment": draft.segment,
        "experiment": None,
        "generated_at": draft.created_at.isoformat(),
        "placements": [as_published(placement) for placement in placements],
    }


# --- What was turned down, and the trail --------------------------------------------------------------------------
def rejected(store: Store, *, by: str = "", why: str = "", text: str = "") -> QuerySet[Placement]:
    """What was turned down in `store`, newest first. Each has `by` ("rule", "judge", "memory" or "person") and `why`:
    the facet that failed, or the person's reason code."""
    reason = Decision.objects.filter(placement=OuterRef("pk"), kind=Decision.Kind.REJECT).order_by("-id")
    person = When(Q(status=Placement.Status.REJECTED) | Q(dropped_by__startswith="person"), then=Value("person"))
    chosen = Q(dropped_by__startswith="rules") | Q(dropped_by__startswith="selection")
    rule = When(chosen, then=Value("rule"))
    memory = When(dropped_by=MEMORY, then=Value("memory"))
    found: QuerySet[Placement] = Placement.objects.of(store).rejected()
    found = found.annotate(
        by=Case(person, rule, memory, default=Value("judge"), output_field=CharField()),
        why=Case(
            When(
                status=Placement.Status.REJECTED,
                then=Coalesce(Subquery(reason.values("reason_code")[:1]), Value("")),
            ),
            default=F("drop_facet"),
            output_field=CharField(),
        ),
    )
    if by:
        found = found.filter(by=by)
    if why:
        found = found.filter(why=why)
    if text:
        found = found.filter(Q(title__icontains=text) | Q(drop_reason__icontains=text) | Q(pk__in=_noted(store, text)))
    return found.select_related("draft__campaign", "draft__run").order_by("-updated_at", "-id")


def _noted(store: Store, text: str) -> QuerySet[Decision, int]:
    noted = Decision.objects.filter(placement__draft__store=store, note__icontains=text)
    return noted.values_list("placement_id", flat=True)


def rejection_counts(store: Store) -> list[dict[str, Any]]:
    """[{"by", "why", "label", "count"}], most frequent first: the bar chart of the audit."""
    found: QuerySet[Any] = rejected(store).order_by()
    rows = found.values("by", "why").annotate(count=Count("pk")).order_by("-count", "by", "why")
    return [{**row, "label": why_label(row["why"])} for row in rows]


def why_label(why: str) -> str:
    """A reason code or facet in words."""
    facets = {facet.name: facet.label for facet in (*of("page"), *of("product"), *of("placement"))}
    return dict(ReasonCode.choices).get(why) or facets.get(why) or why.replace("_", " ").capitalize()


def trail(
    store: Store,
    *,
    action: str = "",
    subject: str = "",
    actor: User | None = None,
    text: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> QuerySet[AuditEntry]:
    """What happened in `store`, newest first. `action` is a verb or its beginning ("placement." finds all of them)."""
    entries = AuditEntry.objects.filter(store=store).select_related("actor").order_by("-id")
    conditions = {
        "action__startswith": action,
        "subject": subject,
        "actor": actor,
        "summary__icontains": text,
        "created_at__gte": since,
        "created_at__lt": until,
    }
    return entries.filter(**{name: value for name, value in conditions.items() if value})
