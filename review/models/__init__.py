"""The rows of review, from draft to shopper."""

from review.models.calibration import Label
from review.models.draft import Decision, Draft, Judgement, Placement, PlacementProduct, ReasonCode
from review.models.publishing import Page, PageVersion, Publication

__all__ = [
    "Decision",
    "Draft",
    "Judgement",
    "Label",
    "Page",
    "PageVersion",
    "Placement",
    "PlacementProduct",
    "Publication",
    "ReasonCode",
]
