"""Rows to judge, and jurors who say what a test tells them to."""

from collections.abc import Collection
from typing import Any

from generation.llm.base import Pending
from generation.stages import judging
from generation.stages.contracts import (
    Judged,
    Keywords,
    PageVerdict,
    PageVerdicts,
    PlacementDraft,
    PlacementVerdict,
    ProductVerdict,
    Ranked,
    Verdicts,
)
from generation.stages.ports import NearRuling
from tests.generation.stages.hand_kit import Scripted, brief, candidate, kit, ranking, theme

WORDS = Keywords(keywords=[candidate(1)])


def judge(
    count: int = 6, *, bench: int = 2, density: int = 12, fit: float = 0.9, rows: Any = None, **more: Any
) -> Judged:
    """The word on one row: `count` products, the last `bench` of them in reserve. `brief`, `theme` and `words` are
    given as fields, everything else is the kit's."""
    asked = brief(**more.pop("brief", {}))
    about = theme(**more.pop("theme", {}))
    words = more.pop("words", WORDS)
    ranked: list[Ranked] = list(rows if rows is not None else ranking(count, fit).ranked)
    cut = max(len(ranked) - bench, 0)
    return judging.run(asked, about, words, density, ranked[:cut], ranked[cut:], kit(**more))


def renamed(changes: dict[int, dict[str, Any]], count: int = 6) -> list[Ranked]:
    """`count` ranked products, some with other facts."""
    return [
        one.model_copy(update={"hit": one.hit.model_copy(update=changes.get(one.hit.product, {}))})
        for one in ranking(count).ranked
    ]


def shown(judged: Judged) -> list[int]:
    return [one.hit.product for one in judged.shown]


def juror(
    name: str = "Scripted judge",
    *,
    bad: Collection[str] = (),
    facet: str = "fits_title",
    against: str = "",
    on: str = "coherent",
) -> Scripted:
    """A juror who fails the products `bad` on `facet`, and the row on `on` where `against` gives a reason."""

    def answer(data: Any) -> Verdicts:
        return Verdicts(
            placement=[
                PlacementVerdict(
                    facet=one.facet,
                    reason=against if against and one.facet == on else "Fine.",
                    passes=not (against and one.facet == on),
                )
                for one in data.facets.placement
            ],
            products=[
                ProductVerdict(
                    id=product.id,
                    facet=one.facet,
                    reason="No soup." if product.id in bad and one.facet == facet else "Soup.",
                    passes=not (product.id in bad and one.facet == facet),
                )
                for product in data.products
                for one in data.facets.product
            ],
        )

    return Scripted(answer, name=name.lower(), label=name)


def page_juror(
    name: str = "Page judge", *, fails: str = "", reason: str = "No.", rows: Collection[int] = ()
) -> Scripted:
    def answer(data: Any) -> PageVerdicts:
        return PageVerdicts(
            page=[
                PageVerdict(
                    facet=one.facet,
                    reason=reason if one.facet == fails else "Fine.",
                    passes=one.facet != fails,
                    rows=list(rows) if one.facet == fails else [],
                )
                for one in data.facets
            ]
        )

    return Scripted(answer, name=name.lower(), label=name)


class Later:
    """A juror whose answer is still to come."""

    name = label = "Later"

    def __init__(self) -> None:
        self.calls = 0

    def complete(self, call: Any) -> Any:
        self.calls += 1
        raise Pending("handed in")


class Remembers:
    """A memory in which everything is near to one ruling."""

    def __init__(self, cosine: float) -> None:
        self.cosine = cosine

    def near(self, vectors: Any, at_least: float, against_theme: bool = False) -> list[NearRuling | None]:
        ruling = NearRuling(
            placement=77, title="Cold soups", reason="Not in our voice", note="", person="Ada", cosine=self.cosine
        )
        return [ruling if self.cosine >= at_least else None for _ in vectors]


def draft(key: int, title: str, products: Collection[int] = (), **fields: Any) -> PlacementDraft:
    """A row that is on the page, showing `products`."""
    rows = [one for one in ranking(40).ranked if one.hit.product in products]
    about = theme(title, concepts=fields.pop("concepts", [title]))
    return PlacementDraft(key=key, theme=about, judged=Judged(shown=rows, **fields), density=12)
