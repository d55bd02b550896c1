"""Labelled products that another version of a judge can be asked about again: the gold set, and what people decided."""

from accounts.models import Store
from generation.evaluators.base import ProductText, ThemeText
from generation.models import Product
from generation.registry.agreement import LabelledPair
from review.calibration import gold
from review.models import Label

MOST = 2000  # of people's newest labels
FACET = ("product", "fits_title")


def of(store: Store) -> list[LabelledPair]:
    """The gold set as it is installed, and the store's own labels of products under titles, one a product and row."""
    return [*_gold(), *_decided(store)]


def _gold() -> list[LabelledPair]:
    return [
        LabelledPair(
            id=pair.id,
            theme=ThemeText(pair.theme.title, pair.theme.subtitle, "", tuple(pair.theme.concepts)),
            product=ProductText(
                pair.product.title, pair.product.brand, pair.product.category, pair.product.description
            ),
            passes=pair.passes,
            source="gold",
        )
        for pair in gold.read(gold.OWN)
    ]


def _decided(store: Store) -> list[LabelledPair]:
    level, facet = FACET
    labels = Label.objects.filter(store=store, level=level, facet=facet, placement__isnull=False)
    newest = {label.item: label for label in labels.select_related("placement").order_by("-id")[:MOST]}
    numbers = {item: int(item.rpartition(":")[2]) for item in newest if item.rpartition(":")[2].isdigit()}
    products = Product.objects.filter(store=store).in_bulk(set(numbers.values()))
    return [
        LabelledPair(
            id=item,
            theme=ThemeText(row.title, row.subtitle, row.intent, tuple(row.concepts)),
            product=ProductText(product.title, product.brand, product.category, product.description[:300]),
            passes=label.person_passes,
            source="people",
        )
        for item, label in newest.items()
        if (row := label.placement) is not None and (product := products.get(numbers.get(item, 0))) is not None
    ]
