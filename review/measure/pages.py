"""A measured page in the published shape, for files on disk."""

from typing import Any

from generation.campaigns.brief import BriefIn
from generation.measure.pages import MadePage
from generation.models import Product
from review.selectors import published_product


def as_published(given: BriefIn, page: MadePage) -> dict[str, Any]:
    """What shoppers' front ends would get; version, manifest and time are null, since nothing was published."""
    products = Product.objects.in_bulk({pk for row in page.rows for pk in row.shown})
    return {
        "page": given.page,
        "version": None,
        "manifest": None,
        "segment": "default",
        "experiment": None,
        "generated_at": None,
        "placements": [
            {
                "id": f"{given.brief_id}-{number}",
                "title": row.theme.title,
                "subtitle": row.theme.subtitle,
                "reason": row.theme.reason,
                "source": "generated",
                "keywords": [{"text": keyword.text, "kind": keyword.kind} for keyword in row.keywords or []],
                "products": [published_product(products[pk], slot) for slot, pk in enumerate(row.shown, start=1)],
            }
            for number, row in enumerate(page.rows, start=1)
        ],
    }
