"""The quality policy of a store: read the version in force."""

from accounts.models import Store
from generation.models import Policy
from generation.stages.policy import QualityPolicy


def current(store: Store) -> QualityPolicy:
    """The newest version, or the defaults in code as version 0."""
    row = Policy.objects.filter(store=store).order_by("-number").first()
    return QualityPolicy() if row is None else QualityPolicy.model_validate({**row.body, "number": row.number})
