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
    WordCount,
)
from generation.models.memory import Ruling
from generation.models.policy import Policy
from generation.models.ranker import RankingProposal, TrainedRanker
from generation.models.registry import Artefact, GateReport, Release, ReleaseLabel
from generation.models.run import Heartbeat, Lease, ModelAnswer, ModelCall, Reservation, Run, StageOutput
from generation.models.spaces import EmbeddingSpace, SpaceVector

__all__ = [
    "DIMENSIONS",
    "Artefact",
    "Availability",
    "Batch",
    "BatchRequest",
    "Campaign",
    "EmbeddingSpace",
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
    "RankingProposal",
    "Release",
    "ReleaseLabel",
    "Reservation",
    "Ruling",
    "Run",
    "Segment",
    "SpaceVector",
    "StageOutput",
    "StaticPlacement",
    "TrainedRanker",
    "VendorBatch",
    "VocabularyGap",
    "WordCount",
]
