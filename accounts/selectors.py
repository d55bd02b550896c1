"""Reads of accounts."""

from accounts.models import Store
from storefront_studio.lib.errors import BadInput


def store_named(slug: str | None) -> Store:
    """The store with this slug; without one the only store there is, or the first. Raises BadInput naming the known."""
    stores = Store.objects.order_by("id")
    found = stores.filter(slug=slug).first() if slug else stores.first()
    if found is None:
        known = ", ".join(stores.values_list("slug", flat=True)) or "none yet; make demo creates one"
        raise BadInput(f"There is no store “{slug}”. Known: {known}." if slug else f"There is no store: {known}.")
    return found
