"""A row's variety: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), and prices spread over bands."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from generation.stages.contracts import Brief, Hit, Ranked

Vector = NDArray[np.float32]
Floats = NDArray[np.float64]

CLEARLY = 0.8  # fit from which variety brings a product into a row: it adds none that review would doubt
BANDS = 3
LEAST_BANDED = 2 * BANDS  # products that fit, from which thirds of their prices say anything
LEAST_RANGE = 1.25  # times the cheapest: under this the row has one price, and no bands
PRICE = 0.5  # what a band that holds twice its share counts, beside a likeness of 0..1
NOT_BY_PRICE = frozenset({"margin", "clear_stock"})  # objectives that a spread of prices would work against
KNOWN_PRICES = ("price_affinity", "price_from", "price_to")  # an audience's own prices are not spread either
BAND_NAMES = (
    "",
    "the cheapest third of the prices",
    "the middle third of the prices",
    "the dearest third of the prices",
)


class Choice:
    """One row's products, best first, and which of them adds most to those that were chosen.

    Of the products (n) that are still open, `best` gives the one with the greatest
    ``(1 - dial) * score - dial * (likeness to the most alike of the chosen + PRICE * crowding of its price band)``,
    scores as shares of the best one, likeness the cosine of two vectors. With the dial at 0 this is the given order.
    Equal values keep that order, so that the same products give the same row.
    """

    def __init__(self, brief: Brief, ranked: Sequence[Ranked], vectors: Mapping[int, Vector]) -> None:
        self.dial = brief.variety
        self.ranked = ranked
        self.bands = np.asarray([one.band for one in ranked], dtype=np.int64)
        self.fair = brief.products / BANDS
        self._open = np.ones(len(ranked), dtype=bool)
        self._chosen: list[int] = []
        self._held = np.zeros(BANDS + 1, dtype=np.int64)
        if self.dial:
            best = max((one.score for one in ranked), default=1.0) or 1.0
            self._worth = np.asarray([one.score for one in ranked], dtype=np.float64) / best
            self._alike = likeness([one.hit for one in ranked], vectors)
            self._nearest = np.zeros(len(ranked))

    def best(self) -> int | None:
        """The place of the product that adds most; None when none is open."""
        if not self._open.any():
            return None
        if not self.dial:
            return int(np.argmax(self._open))
        return self._best(priced=True)

    def take(self, at: int) -> None:
        """Put a product among the chosen."""
        self._open[at] = False
        self._chosen.append(at)
        self._held[self.bands[at]] += 1
        if self.dial:
            self._nearest = np.maximum(self._nearest, self._alike[at])

    def refuse(self, at: int) -> None:
        """Leave a product out: a rule of the row is against it."""
        self._open[at] = False

    def says(self, at: int) -> str:
        """Why variety brings in the product at `at` now, in words."""
        band = int(self.bands[at])
        if band and self._best(priced=False) != at:
            return f"Brought in for variety: from {BAND_NAMES[band]}."
        category = self.ranked[at].hit.category
        if category and all(self.ranked[other].hit.category != category for other in self._chosen):
            return f"Brought in for variety: another kind, {category.rsplit(' > ', 1)[-1][:80]}."
        return "Brought in for variety: less like the others."

    def _best(self, *, priced: bool) -> int:
        value = (1 - self.dial) * self._worth - self.dial * self._nearest
        if priced:
            crowding = np.maximum(self._held + 1 - self.fair, 0.0) / self.fair
            crowding[0] = 0.0  # no band
            value = value - self.dial * PRICE * crowding[self.bands]
        return int(np.argmax(np.where(self._open, np.round(value, 6), -np.inf)))


def bands_of(brief: Brief, ranked: Sequence[Ranked]) -> list[int]:
    """Which third of these products' prices each is in (1 the cheapest); 0 for all where prices are not to be
    spread."""
    none = [0] * len(ranked)
    profile = brief.segment.profile
    if not brief.variety or brief.objective_kind in NOT_BY_PRICE or any(profile.get(one) for one in KNOWN_PRICES):
        return none
    prices = np.asarray([one.hit.price for one in ranked], dtype=np.float64)
    if len(prices) < LEAST_BANDED or prices.max() < LEAST_RANGE * max(prices.min(), 0.01):
        return none
    edges = np.quantile(prices, [part / BANDS for part in range(1, BANDS)])
    return [int(place) + 1 for place in np.searchsorted(edges, prices, side="left")]


def likeness(hits: Sequence[Hit], vectors: Mapping[int, Vector]) -> Floats:
    """How alike products are, (n, n) in 0..1: the cosine of their vectors, else the likeness of their words.

    Rounded, so that the last digits of another machine's arithmetic change no row.
    """
    width = next((len(vector) for vector in vectors.values()), 1)
    rows = np.asarray([vectors.get(hit.product, np.zeros(width)) for hit in hits], dtype=np.float64).reshape(-1, width)
    lengths = np.linalg.norm(rows, axis=1)
    known = lengths > 0
    rows = rows / np.where(known, lengths, 1.0)[:, None]
    found = np.maximum(rows @ rows.T, 0.0)
    for a in np.flatnonzero(~known).tolist():
        for b in range(len(hits)):
            found[a, b] = found[b, a] = _in_words(hits[a], hits[b])
    return np.asarray(np.round(found, 4), dtype=np.float64)


def _in_words(a: Hit, b: Hit) -> float:
    """A likeness of 0..1 for products without vectors: the words of their titles, their category, their brand."""
    titles = fuzz.token_set_ratio(a.title[:200].casefold(), b.title[:200].casefold()) / 100
    return float(0.5 * titles + 0.3 * (a.category == b.category) + 0.2 * (a.brand.casefold() == b.brand.casefold()))
