"""The rows of review, from draft to shopper."""

from review.models.archive import By, Tally, TurnedDown
from review.models.calibration import Label
from review.models.desk import BulkAct, BulkItem, Claim, KeyMap, SavedView
from review.models.draft import Decision, Draft, Judgement, Placement, PlacementProduct, ReasonCode
from review.models.publishing import Page, PageVersion, Publication, Schedule
from review.models.sampling import AuditSample, SampleItem
from review.models.sharing import GuestDecision, Share
from review.models.shop import ShopFront

__all__ = [
    "AuditSample",
    "BulkAct",
    "BulkItem",
    "By",
    "Claim",
    "Decision",
    "Draft",
    "GuestDecision",
    "Judgement",
    "KeyMap",
    "Label",
    "Page",
    "PageVersion",
    "Placement",
    "PlacementProduct",
    "Publication",
    "ReasonCode",
    "SampleItem",
    "SavedView",
    "Schedule",
    "Share",
    "ShopFront",
    "Tally",
    "TurnedDown",
]
