"""The rows of generation, from feed to ranked draft."""

from generation.models.campaign import Campaign, ObjectiveKind, Segment
from generation.models.catalog import (
    DIMENSIONS,
    Availability,
    ImportJob,
    ImportRowError,
    Keyword,
    KeywordKind,
    Product,
    ProductVector,
)
from generation.models.run import Heartbeat, ModelCall, Run, StageOutput

__all__ = [
    "DIMENSIONS",
    "Availability",
    "Campaign",
    "Heartbeat",
    "ImportJob",
    "ImportRowError",
    "Keyword",
    "KeywordKind",
    "ModelCall",
    "ObjectiveKind",
    "Product",
    "ProductVector",
    "Run",
    "Segment",
    "StageOutput",
]
