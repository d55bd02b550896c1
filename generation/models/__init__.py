"""The rows of generation, from feed to ranked draft."""

from generation.models.batch import Batch, BatchRequest, VendorBatch
from generation.models.campaign import Campaign, ObjectiveKind, Segment, StaticPlacement
from generation.models.catalog import (
    DIMENSIONS,
    Availability,
    ImportJob,
    ImportRowError,
    Keyword,
    KeywordKind,
    Product,
    ProductVector,
    ProductWords,
    VocabularyGap,
)
from generation.models.memory import Ruling
from generation.models.policy import Policy
from generation.models.ranker import TrainedRanker
from generation.models.registry import Artefact, GateReport, Release, ReleaseLabel
from generation.models.run import Heartbeat, Lease, ModelAnswer, ModelCall, Reservation, Run, StageOutput

__all__ = [
    "DIMENSIONS",
    "Artefact",
    "Availability",
    "Batch",
    "BatchRequest",
    "Campaign",
    "GateReport",
    "Heartbeat",
    "ImportJob",
    "ImportRowError",
    "Keyword",
    "KeywordKind",
    "Lease",
    "ModelAnswer",
    "ModelCall",
    "ObjectiveKind",
    "Policy",
    "Product",
    "ProductVector",
    "ProductWords",
    "Release",
    "ReleaseLabel",
    "Reservation",
    "Ruling",
    "Run",
    "Segment",
    "StageOutput",
    "StaticPlacement",
    "TrainedRanker",
    "VendorBatch",
    "VocabularyGap",
]
