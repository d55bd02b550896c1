"""What a shop can do without planning: the pages that ours are compared with. Deterministic, and free."""

from collections import Counter

import numpy as np
from django.db.models import Count
from sklearn.cluster import KMeans

from generation.catalog.search import CatalogSearch
from generation.measure.pages import MadePage, Row
from generation.models import Product
from generation.stages.contracts import Brief, Theme
from generation.stages.ports import Kit, Near

DEEPER = 3  # products looked at for each one that a page shows, before they are grouped
BENCH = 20  # products kept behind a row, so that the first twenty can be judged


def _theme(title: str) -> Theme:
    """A title and nothing behind it."""
    return Theme(title=title[:80], concepts=[title])


def _near(brief: Brief, kit: Kit, factor: int = 1) -> list[Near]:
    vector = kit.encoder.encode([brief.objective])[0]
    return kit.search.nearest_products(vector, brief.placements * brief.products * factor)


def one_query(brief: Brief, search: CatalogSearch, kit: Kit) -> MadePage:
    """The objective as a single query: the products nearest to it, cut into rows that all promise the objective."""
    found = [near.product for near in _near(brief, kit)]
    rows = [found[start : start + brief.products] for start in range(0, len(found), brief.products)]
    return MadePage([Row(_theme(brief.objective), row) for row in rows])


def top_categories(brief: Brief, search: CatalogSearch, kit: Kit) -> MadePage:
    """The static home page: the largest leaf categories, each with its most popular, then best rated products."""
    rows: list[Row] = []
    leaves = search.eligible().exclude(product_type="").order_by().values_list("product_type")
    largest = leaves.annotate(n=Count("id")).order_by("-n", "product_type")[: brief.placements]
    for path, eligible in largest:
        products = search.eligible().filter(product_type=path)
        best = [
            row[0]
            for row in sorted(
                products.values_list("id", "popularity", "rating", "rating_count"),
                key=lambda row: (-(row[1] or 0), -float(row[2] or 0), -(row[3] or 0), row[0]),
            )[: max(brief.products, BENCH)]
        ]
        title = path.rsplit(" > ", 1)[-1]
        rows.append(Row(_theme(title), best[: brief.products], best[brief.products :], density=eligible))
    return MadePage(rows, [row.density or 0 for row in rows])


def clusters(brief: Brief, search: CatalogSearch, kit: Kit) -> MadePage:
    """Bottom up: k-means over the vectors of the nearest products, one row a cluster, titled by its commonest category.

    Clusters in order of their nearest product, products within them by nearness to the objective.
    """
    near = _near(brief, kit, DEEPER)
    if not near:
        return MadePage([])
    vectors = kit.search.product_vectors([one.product for one in near])
    groups = KMeans(n_clusters=min(brief.placements, len(near)), random_state=0, n_init=3).fit_predict(
        np.asarray(vectors, dtype=np.float64)
    )
    rows = []
    for group in dict.fromkeys(groups.tolist()):  # in order of first appearance: nearest first
        members = [one for one, label in zip(near, groups, strict=True) if label == group]
        ids = [one.product for one in members]
        rows.append(Row(_theme(_commonest(members)), ids[: brief.products], ids[brief.products :][:BENCH]))
    return MadePage(rows)


def _commonest(members: list[Near]) -> str:
    counted = Counter(one.categories[-1].rsplit(" > ", 1)[-1] for one in members if one.categories)
    if counted:
        return min(counted, key=lambda name: (-counted[name], name))
    return str(Product.objects.values_list("title", flat=True).get(pk=members[0].product))
