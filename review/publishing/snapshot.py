"""Freezing what was approved, and proving later that it is unchanged."""

from typing import Any

from review import selectors
from review.models import Draft, PageVersion, Placement
from storefront_studio.lib.errors import BadInput
from storefront_studio.lib.hashing import digest


def freeze(draft: Draft) -> tuple[dict[str, Any], str]:
    """The approved placements of `draft` in page order, as {"page", "segment", "placements"}, and their manifest.

    Raises BadInput when nothing is approved, or when two rows show the same product.
    """
    approved = draft.placements.filter(status=Placement.Status.APPROVED).order_by("position", "id")
    placements = [selectors.as_published(placement) for placement in selectors.with_products(approved)]
    if not placements:
        raise BadInput("Nothing on this page is approved yet; approve at least one row.")
    _once(placements)
    body = {"page": draft.page, "segment": draft.segment, "placements": placements}
    return body, digest(body)


def _once(placements: list[dict[str, Any]]) -> None:
    seen: dict[str, str] = {}
    for placement in placements:
        for product in placement["products"]:
            if product["id"] in seen:
                raise BadInput(
                    f"“{product['title']}” is in “{seen[product['id']]}” and in “{placement['title']}”; "
                    "a page shows a product once, so take it out of one."
                )
            seen[product["id"]] = placement["title"]


def verify(version: PageVersion) -> bool:
    """Whether the body is still what the manifest was made of."""
    return digest(version.body) == version.manifest


def served(version: PageVersion) -> dict[str, Any]:
    """The version as the storefront API gives it. `manifest` is the digest of its page, segment and placements."""
    return {
        "page": version.body["page"],
        "version": version.number,
        "manifest": version.manifest,
        "segment": version.body["segment"],
        "experiment": None,
        "generated_at": version.created_at.isoformat(),
        "placements": version.body["placements"],
    }
