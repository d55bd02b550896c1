"""Rows of review as the templates' components want them: plain dicts, no query beyond what was prefetched."""

from collections.abc import Iterable
from typing import Any

from accounts.models import AuditEntry
from generation.stages.facets import FACETS
from review import selectors
from review.models import Placement, PlacementProduct
from review.workflow.decisions import EDITS
from review.workflow.limits import brief_of

CLEARLY = 0.8
"""The fit from which judging says that a product fits the title clearly."""
BUILT_IN = "Built-in judge"
State = PlacementProduct.State


def percent(share: float | None) -> str:
    """0.724 -> "72%"; an unknown share is an empty string."""
    return "" if share is None else f"{share:.0%}"


def in_doubt(item: PlacementProduct) -> bool:
    """Whether the judge doubts that a product fits; it was not asked about what the shop chose itself."""
    return item.fit is not None and item.fit < CLEARLY


def tile(item: PlacementProduct, last: int = 0) -> dict[str, Any]:
    """A product of a placement for product_tile.html; `last` is the last slot of the row."""
    product = item.product
    return {
        "id": product.pk,
        "title": product.title,
        "image_link": product.image_link,
        "price": product.price,
        "sale_price": product.sale_price,
        "currency": product.currency,
        "pinned": item.pinned,
        "bench": item.state == State.BENCH,
        "shown": item.state == State.SHOWN,
        "removed": item.state == State.REMOVED,
        "why": item.why,
        "flag": f"Fits only {percent(item.fit)}" if item.state == State.SHOWN and in_doubt(item) else "",
        "slot": item.slot,
        "first": item.slot == 1,
        "last": item.slot == last,
        "left": item.slot - 1,
        "right": item.slot + 1,
    }


def tiles(placement: Placement) -> dict[str, list[dict[str, Any]]]:
    """{"shown", "bench", "removed"}, each in slot order."""
    shown = selectors.items(placement)
    return {
        "shown": [tile(item, len(shown)) for item in shown],
        "bench": [tile(item) for item in selectors.items(placement, State.BENCH)],
        "removed": [tile(item) for item in selectors.items(placement, State.REMOVED)],
    }


def row(placement: Placement, url: str = "") -> dict[str, Any]:
    """A placement for placement_row.html and shop_page.html."""
    return {
        "id": placement.pk,
        "title": placement.title,
        "subtitle": placement.subtitle,
        "reason": placement.reason,
        "products": [tile(item) for item in selectors.items(placement)],
        "bench": [],
        "keywords": placement.keywords,
        "state": placement.status,
        "source": placement.source,
        "url": url,
    }


def shop(store_name: str, placements: Iterable[Placement]) -> dict[str, Any]:
    """A draft for shop_page.html; departments are the branches its own products come from."""
    placements = list(placements)
    tops = [
        item.product.categories[0] for one in placements for item in selectors.items(one) if item.product.categories
    ]
    return {
        "store_name": store_name,
        "departments": list(dict.fromkeys(tops))[:8],
        "placements": [row(placement) for placement in placements],
    }


def published_shop(store_name: str, body: dict[str, Any]) -> dict[str, Any]:
    """A frozen version for shop_page.html."""
    return {"store_name": store_name, "departments": [], "placements": body["placements"]}


def judgement(said: Any) -> dict[str, Any]:
    """A Judgement for judgement.html. A no that drops nothing asks to look again."""
    return {
        "facet": facet_label(said.level, said.facet),
        "verdict": "pass" if said.passes else "fail" if said.severity in ("drop", "") else "warn",
        "reason": said.reason,
        "score": percent(said.score),
        "judge": said.judge,
    }


def facet_label(level: str, facet: str) -> str:
    """A facet in words: "Title good and on brand"; rules are named by what they check."""
    known = next((one for one in FACETS if (one.level, one.name) == (level, facet)), None)
    return known.label if known else facet.replace("_", " ").capitalize()


def flags(placement: Placement) -> list[dict[str, str]]:
    """What asks for attention, as sentences: [{"title", "body"}]. Those that lead to an earlier rejection are shown
    as such."""
    found = []
    for one in placement.flags:
        if one.get("ruling") is None:
            level = "product" if one["reason"].startswith("“") else "placement"
            found.append({"title": facet_label(level, one["facet"]), "body": f"{one['reason']} ({one['judge']})"})
    return found


def judged(placement: Placement) -> dict[str, Any]:
    """What judges said of a placement, sentences first, about the products it shows now.

    {"headline", "doubtful": [{"id", "title", "reason", "fit"}], "facets", "judges": [{"name", "built_in"}],
    "receipts", "turned_down": [{"title", "facet", "reason", "judge", "fit"}]}.
    """
    shown = selectors.items(placement)
    said = list(placement.judgements.all())
    noes = [one for one in said if one.level == "product" and not one.passes and one.severity != "pass"]
    failed = {one.product_id: one.reason for one in noes}
    here = {item.product_id for item in placement.items.all()}
    doubtful = [
        {
            "id": item.product_id,
            "title": item.product.title,
            "reason": failed.get(item.product_id) or item.why,
            "fit": percent(item.fit),
        }
        for item in shown
        if in_doubt(item) or item.product_id in failed
    ]
    sure = len(shown) - len(doubtful)
    names = list(dict.fromkeys(one.judge for one in said))
    return {
        "headline": _headline(placement, sure, len(shown)),
        "doubtful": doubtful,
        "facets": [judgement(one) for one in said if one.level == "placement"],
        "judges": [{"name": name, "built_in": name.startswith(BUILT_IN)} for name in names],
        "receipts": placement.receipts,
        "turned_down": [
            {
                "title": one.product.title,
                "facet": facet_label("product", one.facet),
                "reason": one.reason,
                "judge": one.judge,
                "fit": percent(one.score),
            }
            for one in noes
            if one.product is not None and one.product_id not in here
        ],
    }


def headline(placement: Placement) -> str:
    """How many of its products fit, in a sentence."""
    shown = selectors.items(placement)
    return _headline(placement, sum(not in_doubt(item) for item in shown), len(shown))


def _headline(placement: Placement, sure: int, shown: int) -> str:
    if not shown:
        return "It shows no product."
    if placement.source == Placement.Source.STATIC:
        return f"Your shop wrote this row and chose its {shown} products; no judge was asked."
    return f"{sure} of {shown} products fit the title clearly."


def why(placement: Placement) -> list[dict[str, Any]]:
    """For each shown product: what brought it and how its place came about, in words and numbers."""
    return [
        {
            "slot": item.slot,
            "title": item.product.title,
            "sources": item.sources,
            "fit": percent(item.fit),
            "rank": percent(item.rank_score),
            "score": percent(item.score),
            "said": item.why,
            "parts": [{**one, "for": one["adds"] >= 0} for one in item.parts],
            "ranker": item.ranker,
            "pinned": item.pinned,
        }
        for item in selectors.items(placement)
    ]


def is_edit(entry: AuditEntry) -> bool:
    return entry.action.removeprefix("placement.") in EDITS


def words_changed(entry: AuditEntry) -> list[dict[str, str]]:
    """What an entry changed: [{"name", "old", "new"}]; the summary tells of product lists."""
    old, new = entry.old or {}, entry.new or {}
    return [
        {"name": name.replace("_", " "), "old": _plain(old.get(name)), "new": _plain(new.get(name))}
        for name in dict.fromkeys([*old, *new])
        if name != "shown" and old.get(name) != new.get(name)
    ]


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith("sha256:"):
        return f"{value[:15]}…"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value).replace("_", " ") if isinstance(value, str) and value.islower() else str(value)


def objective_of(placement: Placement) -> str:
    """What the run was asked for, as it was then."""
    return brief_of(placement.draft.run).objective


def risk_sentence(placement: Placement) -> str:
    """Why this one deserves a look first, in a sentence."""
    shown = [item for item in placement.items.all() if item.state == State.SHOWN]
    doubtful = [item for item in shown if in_doubt(item)]
    if not shown:
        return "It shows no product."
    if placement.source == Placement.Source.STATIC:
        return f"Your shop wrote this row and chose its {len(shown)} products."
    if not doubtful:
        return f"All {len(shown)} products fit the title clearly."
    worst = min(doubtful, key=lambda item: item.fit or 0)
    verb = "does" if len(doubtful) == 1 else "do"
    return f"{len(doubtful)} of {len(shown)} products {verb} not fit clearly, first “{worst.product.title}”."
