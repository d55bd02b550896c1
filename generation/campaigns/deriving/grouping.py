"""Who buys alike: k-means over what people buy more of than others, with no group under the least number of people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize

from generation.campaigns.deriving.tally import Tally
from storefront_studio.lib.errors import BadInput

LEAST_LINES = 3  # of receipts; who bought less says too little
SHELVES, BRANDS = 300, 40  # features: the most widely bought
DIMENSIONS = 24
BRAND_WEIGHT, PRICE_WEIGHT = 0.5, 0.25  # beside what is bought, which weighs 1
USUAL = 6  # groups when nobody says how many: enough to differ, few enough to make pages for
LOOKED_AT = 3000  # people of whom the silhouette is worked out
MANY = 50_000  # people from which the batched variant is used


@dataclass(frozen=True)
class Groups:
    """`of[i]` is the group of person i, or -1 for one who bought too little; `silhouette` says how distinct they are
    (-1..1), None for a single group."""

    of: NDArray[np.int64]
    count: int
    silhouette: float | None


def group(tally: Tally, wanted: int | None, least: int, seed: int) -> Groups:
    """`wanted` groups, the largest first; fewer where some would have under `least` people.

    Raises BadInput when there are not enough people for one group.
    """
    shelves = tally.by_shelf()
    lines = np.asarray(shelves.sum(axis=1)).ravel()
    usable = np.flatnonzero(lines >= LEAST_LINES)
    if len(usable) < least:
        raise BadInput(
            f"{len(usable):,} customers bought {LEAST_LINES} things or more on known shelves; an audience needs "
            f"{least} people. Give more events, import the catalogue they are about, or lower --least."
        )
    points = _points(tally, shelves, usable, seed)
    labels = _merged(points, _clusters(points, min(wanted or USUAL, len(usable) // least), seed), least)
    order = np.argsort(-np.bincount(labels), kind="stable")
    of = np.full(shelves.shape[0], -1, dtype=np.int64)
    of[usable] = np.argsort(order)[labels]
    count = len(order)
    return Groups(of, count, round(_silhouette(points, labels, seed), 3) if count > 1 else None)


def _points(tally: Tally, shelves: sparse.csr_matrix, usable: NDArray[np.int64], seed: int) -> NDArray[np.float64]:
    """One point a person: shelves and brands by how much more they are bought than by others, and the price level."""
    bought = _features(shelves[usable], SHELVES)
    brands = _features(tally.by_brand()[usable], BRANDS) if tally.brands else None
    wide = sparse.hstack([bought, BRAND_WEIGHT * brands]).tocsr() if brands is not None else bought
    size = min(DIMENSIONS, min(wide.shape) - 1)
    narrow = TruncatedSVD(n_components=size, random_state=seed).fit_transform(wide) if size > 1 else wide.toarray()
    level = tally.price_level()[usable]
    spread = float(level.std())
    price = (level - level.mean()) / spread if spread > 0 else np.zeros_like(level)
    return np.hstack([normalize(narrow), PRICE_WEIGHT * np.clip(price, -2, 2)[:, None]])


def _features(counts: sparse.csr_matrix, most: int) -> sparse.csr_matrix:
    """Log counts of the most widely bought columns, weighed down where everybody buys, each person of length 1."""
    people = np.asarray((counts > 0).sum(axis=0)).ravel()
    columns = np.sort(np.argsort(-people, kind="stable")[:most])
    kept = counts[:, columns].tocsr(copy=True)
    kept.data = np.log1p(kept.data)
    weights = np.log((1 + counts.shape[0]) / (1 + people[columns])) + 0.1
    return normalize(kept @ sparse.diags(weights))


def _clusters(points: NDArray[np.float64], count: int, seed: int) -> NDArray[np.int64]:
    if count <= 1:
        return np.zeros(len(points), dtype=np.int64)
    if len(points) > MANY:
        means = MiniBatchKMeans(count, random_state=seed, n_init=5, batch_size=4096)
    else:
        means = KMeans(count, random_state=seed, n_init=10)
    return np.asarray(means.fit_predict(points), dtype=np.int64)


def _merged(points: NDArray[np.float64], labels: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """People of groups that are too small go to the nearest group that stays; numbers run from 0 again."""
    while True:
        numbers, sizes = np.unique(labels, return_counts=True)
        if len(numbers) == 1 or sizes.min() >= least:
            return np.searchsorted(numbers, labels)
        gone = numbers[int(sizes.argmin())]
        stays = numbers[numbers != gone]
        centres = np.array([points[labels == number].mean(axis=0) for number in stays])
        moving = np.flatnonzero(labels == gone)
        far = ((points[moving][:, None, :] - centres[None]) ** 2).sum(axis=2)
        labels = labels.copy()
        labels[moving] = stays[far.argmin(axis=1)]


def _silhouette(points: NDArray[np.float64], labels: NDArray[np.int64], seed: int) -> float:
    sample = min(LOOKED_AT, len(points))
    return float(silhouette_score(points, labels, sample_size=sample, random_state=seed))
