"""A ranker that was trained from a log, as it serves: what it says of demand, within the objective's weights."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Literal

import numpy as np
from scipy import sparse

from generation.rankers.base import Worth
from generation.rankers.boosted import Boosted
from generation.rankers.counting import shares
from generation.rankers.demand import LABELS, NAMES, Demand, Facts, Floats, places_of
from generation.rankers.signals import LIKED_BRAND, LIKED_PRICE, NEUTRAL, SignalRanker, bounded, lead_of, liking
from generation.stages.contracts import Brief, Hit, Part
from storefront_studio.lib.errors import BadInput

Kind = Literal["popularity", "cooccurrence", "lambdamart"]
KINDS: tuple[Kind, ...] = ("popularity", "cooccurrence", "lambdamart")
ROOM = 1 - LIKED_BRAND - LIKED_PRICE  # what the audience likes moves the best product too
PARTS = 5  # of a score that are kept for "why"
FORMAT = 1


class LearnedRanker:
    """R where a store's log was learned from.

    Objectives that live by demand (their heaviest signal is popularity: season, occasion, category, basket) take the
    learned score as R, and what the audience likes adds its little. The others (margin, stock, newness) keep their
    weights, with the learned score in popularity's place: a bestseller does not clear the stock.
    """

    def __init__(self, kind: Kind, demand: Demand, model: Boosted | None = None, name: str = "") -> None:
        if (kind == "lambdamart") != (model is not None):
            raise ValueError("LambdaMART needs its trees, and nothing else has any.")
        self.kind, self.demand, self.model = kind, demand, model
        self.name = name or kind
        self._known = {item: place for place, item in enumerate(demand.items)}
        self._signals = SignalRanker()

    def rate(self, brief: Brief, hits: Sequence[Hit]) -> list[Worth]:
        if not hits:
            return []
        values, parts = self._rated(brief, hits)
        if not by_demand(brief.objective_kind):
            blended = self._signals.rate(brief, hits, values.tolist())
            # The signals first, then what the demand among them is made of.
            return [Worth(one.value, [*one.parts, *more]) for one, more in zip(blended, parts, strict=True)]
        liked = liking(brief, hits)
        rated = []
        for hit, value, more in zip(hits, values.tolist(), parts, strict=True):
            extra = liked(hit)
            also = [Part(name="The audience likes it", adds=round(extra, 4))] if extra else []
            rated.append(Worth(bounded(value * ROOM + extra), [*more, *also]))
        return rated

    def weighed(self, weights: Mapping[str, Mapping[str, float]]) -> "LearnedRanker":
        """The same ranker under other weights for the objectives that do not live by demand."""
        other = copy(self)
        other._signals = SignalRanker(weights)
        return other

    def order(self, places: Any, facts: Facts, today: Any) -> Floats:
        """The learned score alone (n,) for products by their place in the log; comparable within the row."""
        if self.kind == "popularity":
            return np.where(places >= 0, self.demand.popularity[places], 0.0)
        if self.kind == "cooccurrence":
            # Products that go with nothing here still differ by how much they are wanted.
            wanted = np.where(places >= 0, self.demand.popularity[places], 0.0)
            return self.demand.goes_with(places) + 1e-6 * wanted
        assert self.model is not None
        return self.model.score(self.demand.features(places, facts, today))

    def _rated(self, brief: Brief, hits: Sequence[Hit]) -> tuple[Floats, list[list[Part]]]:
        """The learned score in (0, 1], and what made it. A product newer than the training stands in the middle."""
        places = places_of([hit.item_id for hit in hits], self._known)
        facts = facts_of(hits)
        scores = self.order(places, facts, brief.today)
        if self.model is None:
            known = shares(scores)[places >= 0]
            middle = float(np.median(known)) if len(known) else NEUTRAL
            values = np.where(places >= 0, shares(scores), middle)
            label = LABELS["wanted this month" if self.kind == "popularity" else "goes with the row"]
            said = np.where(places >= 0, scores, np.nan)
            return values, [
                [Part(name=label, value=_plain(told), adds=round(float(value) - middle, 4))]
                for value, told in zip(values, said, strict=True)
            ]
        features = self.demand.features(places, facts, brief.today)
        added = self.model.contributions(features)[:, :-1]
        added = added - added.mean(axis=0)  # beside the row's other products: what all have in common decides nothing
        values = 1 / (1 + np.exp(-(scores - scores.mean())))
        parts = []
        for row, seen in zip(added, features, strict=True):
            first = np.argsort(-np.abs(row), kind="stable")[:PARTS]
            parts.append(
                [
                    Part(name=LABELS[NAMES[at]], value=_said(NAMES[at], float(seen[at])), adds=round(float(row[at]), 4))
                    for at in first
                    if abs(row[at]) >= 0.005
                ]
            )
        return values, parts

    def pack(self) -> bytes:
        """Everything that serving needs, as a file of arrays; nothing in it is code."""
        together = sparse.csr_array(self.demand.together)
        about = {"format": FORMAT, "kind": self.kind, "names": NAMES if self.model else []}
        held = io.BytesIO()
        np.savez_compressed(
            held,
            about=_bytes(json.dumps(about)),
            items=_bytes(json.dumps(self.demand.items, ensure_ascii=False)),
            wanted=self.demand.wanted,
            rates=self.demand.rates,
            data=together.data,
            indices=together.indices,
            indptr=together.indptr,
            trees=_bytes(self.model.text() if self.model else ""),
        )
        return held.getvalue()

    @classmethod
    def unpack(cls, packed: bytes, name: str = "") -> "LearnedRanker":
        """From `pack`. Raises BadInput when the bytes are not what this edition of the studio packs."""
        try:
            with np.load(io.BytesIO(packed), allow_pickle=False) as held:
                about = json.loads(held["about"].tobytes())
                items = tuple(json.loads(held["items"].tobytes()))
                names, trees = about["names"], held["trees"].tobytes().decode()
                if about["format"] != FORMAT or (names and tuple(names) != NAMES):
                    raise BadInput("This ranker was trained by another edition of the studio. Train it again.")
                cells = (held["data"], held["indices"], held["indptr"])
                together = sparse.csr_array(cells, shape=(len(items), len(items)))
                demand = Demand(items, held["wanted"], held["rates"], together)
                kind: Kind = about["kind"]
        except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise BadInput(f"The ranker's file is damaged ({type(error).__name__}). Train it again.") from None
        return cls(kind, demand, Boosted.read(trees, NAMES) if trees else None, name)


def by_demand(objective_kind: str) -> bool:
    """Whether an objective takes the learned score as R, whatever its weights were tuned to."""
    return lead_of(objective_kind) == "popularity"


def facts_of(hits: Sequence[Hit]) -> Facts:
    def column(values: Sequence[float | None]) -> Floats:
        return np.asarray([np.nan if value is None else float(value) for value in values])

    return Facts(
        price=column([hit.price for hit in hits]),
        margin=column([hit.margin for hit in hits]),
        rating=column([hit.rating for hit in hits]),
        listed=column([None if hit.listed_on is None else hit.listed_on.toordinal() for hit in hits]),
    )


def _bytes(text: str) -> Any:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _plain(value: float) -> str:
    return "nothing known" if np.isnan(value) else f"{value:,.1f} points"


def _said(name: str, value: float) -> str:
    """A feature's value as a person would say it."""
    if np.isnan(value):
        return "not known"
    if name.startswith("wanted"):
        return f"{np.expm1(value):,.1f} points"
    if name == "price":
        return f"{np.exp(value):,.2f}"
    if name == "price beside the row":
        return f"{np.exp(value):.2f} times the middle one"
    if name in ("put into the cart when seen", "ordered when seen", "margin", "share of the row's best"):
        return f"{value:.0%}"
    if name == "days in the shop":
        return f"{np.expm1(value):,.0f} days"
    return f"{value:.2f}"
