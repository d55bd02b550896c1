"""What the endpoints of review take and give."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.api.shapes import DroppedOut, RunOut, StageOut
from generation.models import KeywordKind
from review import selectors
from review.models import Decision, Judgement, Page, PageVersion, Placement, PlacementProduct, Publication, ReasonCode
from storefront_studio.lib.api_shapes import MoneyOut

Shape = serializers.Serializer[Any]


# --- The published shape ------------------------------------------------------------------------------------------
class PublishedKeywordOut(Shape):
    text = serializers.CharField()
    kind = serializers.ChoiceField(KeywordKind.choices)


class PublishedProductOut(Shape):
    id = serializers.CharField(help_text="The feed's id")
    title = serializers.CharField()
    price = MoneyOut()
    sale_price = MoneyOut(allow_null=True)
    image_link = serializers.CharField(allow_blank=True)
    link = serializers.CharField(allow_blank=True)
    slot = serializers.IntegerField(help_text="From 1")


class PublishedRowOut(Shape):
    """A placement as shop front ends get it."""

    id = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(Placement.Source.choices)  # type: ignore[assignment]
    keywords = PublishedKeywordOut(many=True)
    products = PublishedProductOut(many=True)


# --- Runs ---------------------------------------------------------------------------------------------------------
class RunDetailOut(RunOut):
    """A run with its progress and, once it is done, its rows."""

    draft = serializers.IntegerField(allow_null=True, help_text="Id of the draft page; publish that. Null until done")
    stages = StageOut(many=True)
    placements = PublishedRowOut(many=True, help_text="Empty until done; what people rejected since is left out")
    dropped = DroppedOut(many=True)
    note = serializers.CharField(
        allow_blank=True, help_text="What the page says of itself, for instance that it is short"
    )
    cost = MoneyOut(allow_null=True, help_text="Null when it is not known")
    tokens = serializers.IntegerField(allow_null=True, help_text="Null when they are not known")

    class Meta(RunOut.Meta):
        fields = [*RunOut.Meta.fields, "draft", "stages", "placements", "dropped", "note", "cost", "tokens"]


# --- Placements ---------------------------------------------------------------------------------------------------
class KeywordReachOut(PublishedKeywordOut):
    density = serializers.IntegerField(help_text="Products it reaches")


class ReceiptOut(Shape):
    constraint = serializers.CharField()
    passes = serializers.BooleanField()
    detail = serializers.CharField(allow_blank=True)


class PartOut(Shape):
    name = serializers.CharField()
    value = serializers.CharField(allow_blank=True)
    adds = serializers.FloatField(help_text="How much it moved R; the unit is the ranker's")


class ItemOut(PublishedProductOut):
    pinned = serializers.BooleanField()
    score = serializers.FloatField(allow_null=True, help_text="R^alpha * S^beta, 0 to 1; null on the shop's own rows")
    fit = serializers.FloatField(allow_null=True, help_text="S: how well it fits the title, 0 to 1; null as above")
    rank_score = serializers.FloatField(allow_null=True, help_text="R: the traditional score, 0 to 1; null as above")
    why = serializers.CharField(allow_blank=True)
    ranker = serializers.CharField(allow_blank=True, help_text="Who gave R: name and version")
    parts = PartOut(many=True, help_text="What made R, the strongest first")
    sources = serializers.ListField(child=serializers.CharField(), help_text="Keywords that brought it")


FIGURES = ("pinned", "score", "fit", "rank_score")


def item(row: PlacementProduct) -> dict[str, Any]:
    """A product of a placement: what shoppers get, and why it is there."""
    own = {name: getattr(row, name) for name in (*FIGURES, "why", "ranker", "parts", "sources")}
    return {**selectors.published_product(row.product, row.slot), **own}


class PlacementOut(serializers.ModelSerializer[Placement]):
    id = serializers.CharField()
    run = serializers.IntegerField(source="draft.run_id")
    draft = serializers.IntegerField(source="draft_id")
    campaign = serializers.CharField(source="draft.campaign.slug")
    page = serializers.CharField(source="draft.page")
    segment = serializers.CharField(source="draft.segment")
    source = serializers.ChoiceField(Placement.Source.choices, help_text="Generated, or written by the shop")  # type: ignore[assignment]
    concepts = serializers.ListField(child=serializers.CharField())
    keywords = KeywordReachOut(many=True)
    receipts = ReceiptOut(many=True)
    products = serializers.SerializerMethodField()
    bench = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField()

    class Meta:
        model = Placement
        fields = [
            "id",
            "run",
            "draft",
            "campaign",
            "page",
            "segment",
            "position",
            "title",
            "subtitle",
            "intent",
            "reason",
            "concepts",
            "keywords",
            "confidence",
            "score",
            "density",
            "receipts",
            "source",
            "status",
            "dropped_by",
            "drop_facet",
            "drop_reason",
            "revision",
            "products",
            "bench",
            "warnings",
            "created_at",
            "updated_at",
        ]

    @extend_schema_field(ItemOut(many=True))
    def get_products(self, placement: Placement) -> list[dict[str, Any]]:
        return [item(row) for row in selectors.items(placement)]

    @extend_schema_field(ItemOut(many=True))
    def get_bench(self, placement: Placement) -> list[dict[str, Any]]:
        return [item(row) for row in selectors.items(placement, PlacementProduct.State.BENCH)]

    def get_warnings(self, placement: Placement) -> list[str]:
        return selectors.warnings(placement)


class PlacementPatch(Shape):
    title = serializers.CharField(required=False, max_length=200)
    subtitle = serializers.CharField(required=False, max_length=300, allow_blank=True)
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="The revision you saw")


class DecisionOut(serializers.ModelSerializer[Decision]):
    decision = serializers.ChoiceField(Decision.Kind.choices, source="kind")
    was = serializers.ChoiceField(Placement.Status.choices, help_text="Status before")
    actor = serializers.CharField(help_text="Name of the person")

    class Meta:
        model = Decision
        fields = ["id", "decision", "was", "reason_code", "note", "revision", "actor", "created_at"]


class DecisionIn(Shape):
    """`reason_code` is needed to reject and to request changes; `note` with the reason "other" and to overturn."""

    decision = serializers.ChoiceField(
        Decision.Kind.choices, help_text="Approving what you edited yourself is recorded as fix_approve either way"
    )
    reason_code = serializers.ChoiceField(ReasonCode.choices, required=False, allow_blank=True, default="")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    revision = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="The revision you saw")


class DecidedOut(Shape):
    summary = serializers.CharField(help_text="What happened, in a sentence")
    placement = PlacementOut()


class JudgementOut(serializers.ModelSerializer[Judgement]):
    class Meta:
        model = Judgement
        fields = ["level", "facet", "passes", "score", "reason", "judge", "created_at"]


class WhyOut(Shape):
    """Why a product is in a placement, on its bench, or was taken out."""

    product = ItemOut()
    state = serializers.ChoiceField(PlacementProduct.State.choices)
    keywords = KeywordReachOut(many=True, help_text="Those of the placement that brought it")
    judgements = JudgementOut(many=True, help_text="Of the product, then of the placement")
    receipts = ReceiptOut(many=True, help_text="Constraints checked on the finished placement")


# --- Pages --------------------------------------------------------------------------------------------------------
class PageOut(serializers.ModelSerializer[Page]):
    page = serializers.CharField(source="slug")
    live = serializers.IntegerField(
        source="live.number", allow_null=True, default=None, help_text="Number of the live version"
    )
    versions = serializers.IntegerField(source="version_count")

    class Meta:
        model = Page
        fields = ["page", "segment", "live", "versions", "created_at"]


class SegmentQuery(Shape):
    segment = serializers.RegexField(r"^[-a-zA-Z0-9_]+$", max_length=50, required=False, default="default")


class VersionOut(serializers.ModelSerializer[PageVersion]):
    page = serializers.CharField(source="page.slug")
    segment = serializers.CharField(source="page.segment")
    version = serializers.IntegerField(source="number")
    live = serializers.SerializerMethodField()
    draft = serializers.IntegerField(source="draft_id")
    created_by = serializers.CharField(allow_null=True, help_text="Name of the person")

    class Meta:
        model = PageVersion
        fields = ["page", "segment", "version", "live", "manifest", "draft", "created_by", "created_at"]

    def get_live(self, version: PageVersion) -> bool:
        return version.page.live_id == version.pk


class PublicationOut(serializers.ModelSerializer[Publication]):
    version = serializers.IntegerField(source="version.number")
    previous = serializers.IntegerField(source="previous.number", allow_null=True, default=None)
    actor = serializers.CharField(allow_null=True)

    class Meta:
        model = Publication
        fields = ["kind", "version", "previous", "actor", "created_at"]


class VersionDetailOut(VersionOut):
    """A version with everything in it, and when it went live."""

    placements = PublishedRowOut(many=True, source="body.placements")
    publications = PublicationOut(many=True)

    class Meta(VersionOut.Meta):
        fields = [*VersionOut.Meta.fields, "placements", "publications"]


class PublishIn(Shape):
    draft = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="Its approved placements are frozen")
    allow_waiting = serializers.BooleanField(
        required=False, default=False, help_text="Leave out rows that are not decided yet, instead of refusing"
    )


class RollbackIn(Shape):
    to = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        allow_null=True,
        default=None,
        help_text="A version number; by default the version that was live before",
    )
