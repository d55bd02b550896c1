"""What screens, API and commands read: queue, one placement, what was turned down, the trail, the published shape."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import connection
from django.db.models import Model, Prefetch, QuerySet

from accounts.models import AuditEntry, Store, User
from generation.models import Availability, Product
from generation.stages.facets import of
from review.models import Decision, Draft, Judgement, Placement, PlacementProduct, ReasonCode
from review.models.draft import PlacementQuerySet
from review.workflow import limits
from storefront_studio.lib.words_query import prefixes, without_marks

OPEN = (Placement.Status.WAITING, Placement.Status.CHANGES_REQUESTED, Placement.Status.APPROVED)


# --- The queue ----------------------------------------------------------------------------------------------------
def queue(store: Store) -> PlacementQuerySet:
    """Waiting placements of `store`, riskiest first (`review.models.draft.RISK`), oldest first among equals."""
    waiting = Placement.objects.of(store).waiting().select_related("draft__campaign", "draft__run__requested_by")
    return waiting.order_by("-risk", "id")


def waiting_count(store: Store) -> int:
    """How many wait; counted up to a thousand and one, since nobody reads further."""
    return Placement.objects.of(store).waiting().order_by()[:1001].count()


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


# --- Reasons, and the trail ---------------------------------------------------------------------------------------
def why_label(why: str) -> str:
    """A reason code or facet in words."""
    if not why:
        return "No reason recorded"
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
    """What happened in `store`, newest first. `action` is a verb or its beginning ("placement." finds all of them),
    `text` beginnings of words of the summary."""
    entries = AuditEntry.objects.filter(store=store).select_related("actor").order_by("-id")
    if action:
        verbs = [verb for verb in distinct(AuditEntry, "action", store) if verb.startswith(action)]
        entries = entries.filter(action__in=verbs) if len(verbs) != 1 else entries.filter(action=verbs[0])
    if text:
        query = prefixes(text)
        said = SearchVector(without_marks("summary"), config="simple")
        found = SearchQuery(query, config="simple", search_type="raw")
        entries = entries.annotate(words=said).filter(words=found) if query else entries.none()
    conditions = {"subject": subject, "actor": actor, "created_at__gte": since, "created_at__lt": until}
    return entries.filter(**{name: value for name, value in conditions.items() if value})


def distinct(model: type[Model], column: str, store: Store) -> list[str]:
    """The values of a column in `store` along an index on (store, column): one step for each value, however many rows
    have it (loose index scan, wiki.postgresql.org/wiki/Loose_indexscan)."""
    table, name = connection.ops.quote_name(model._meta.db_table), connection.ops.quote_name(column)
    first = f"SELECT {name} AS v FROM {table} WHERE store_id = %s ORDER BY {name} LIMIT 1"
    after = f"SELECT {name} FROM {table} WHERE store_id = %s AND {name} > step.v ORDER BY {name} LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE step AS (({first}) UNION ALL SELECT ({after}) FROM step WHERE step.v IS NOT NULL) "
            "SELECT v FROM step WHERE v IS NOT NULL",
            [store.pk, store.pk],
        )
        return [value for (value,) in cursor.fetchall()]
