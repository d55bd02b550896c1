"""The rows of review, from draft to shopper."""

from review.models.draft import Decision, Draft, Judgement, Placement, PlacementProduct, ReasonCode
from review.models.publishing import Page, PageVersion, Publication

__all__ = [
    "Decision",
    "Draft",
    "Judgement",
    "Page",
    "PageVersion",
    "Placement",
    "PlacementProduct",
    "Publication",
    "ReasonCode",
]
