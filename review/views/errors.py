"""How refusals of the services are said on a page."""

from review.policies import NotAllowed
from storefront_studio.lib.errors import StudioError, WrongState


def status_of(error: StudioError) -> int:
    """403 for what a person may not do, 409 for what changed meanwhile, 422 for what cannot be used."""
    if isinstance(error, NotAllowed):
        return 403
    return 409 if isinstance(error, WrongState) else 422
