"""What the endpoints of generation take and give."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.catalog.feed.opening import FORMATS
from generation.models import (
    Availability,
    Campaign,
    ImportJob,
    ImportRowError,
    Keyword,
    KeywordKind,
    ObjectiveKind,
    Product,
    Run,
    Segment,
)
from storefront_studio.lib.api_shapes import MoneyOut, money

Shape = serializers.Serializer[Any]


def slug(**kwargs: Any) -> serializers.CharField:
    return serializers.RegexField(r"^[-a-zA-Z0-9_]+$", max_length=80, **kwargs)


# --- Campaigns ----------------------------------------------------------------------------------------------------
class SegmentShape(Shape):
    name = serializers.CharField(max_length=120)
    profile = serializers.DictField(required=False, help_text="Categories, brands, price affinity, diet, household …")


class SegmentOut(serializers.ModelSerializer[Segment]):
    profile = serializers.DictField()

    class Meta:
        model = Segment
        fields = ["slug", "name", "profile"]


def _texts(what: str) -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(), required=False, help_text=what)


class ConstraintsShape(Shape):
    """What every product of every placement must satisfy."""

    include_categories = _texts("Paths such as “Home > Kitchen”; a path stands for its whole branch")
    exclude_categories = _texts("Paths")
    include_brands = _texts("Brands")
    exclude_brands = _texts("Brands")
    exclude_products = _texts("Product ids")
    exclude_terms = _texts("Words that no product may carry in title or category, such as “pork”")
    price_min = serializers.DecimalField(None, None, allow_null=True, required=False, help_text="Store's currency")
    price_max = serializers.DecimalField(None, None, allow_null=True, required=False, help_text="Store's currency")
    in_stock = serializers.BooleanField(required=False)
    rating_min = serializers.DecimalField(None, None, allow_null=True, required=False, help_text="0 to 5")
    margin_min = serializers.DecimalField(None, None, allow_null=True, required=False, help_text="-1 to 1")
    density_min = serializers.IntegerField(required=False, help_text="Least eligible products behind a row, 1 to 1000")
    new_within_days = serializers.IntegerField(allow_null=True, required=False, help_text="1 to 3650")
    max_per_brand = serializers.IntegerField(allow_null=True, required=False, help_text="In one row, 1 to 40")


class CampaignPatch(Shape):
    """The names of a brief; whatever is left out stays, null means “as usual”."""

    name = serializers.CharField(max_length=120, required=False)
    objective = serializers.CharField(min_length=3, max_length=1000, required=False)
    objective_kind = serializers.ChoiceField(ObjectiveKind.choices, required=False)
    page = slug(required=False)
    segment = SegmentShape(required=False, allow_null=True)
    season = serializers.CharField(max_length=60, required=False, allow_blank=True)
    brand_voice = serializers.CharField(max_length=300, required=False, allow_blank=True)
    banned_terms = serializers.ListField(child=serializers.CharField(max_length=80), required=False)
    concepts = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, help_text="Kinds of products the page should hold"
    )
    placements = serializers.IntegerField(min_value=1, max_value=20, required=False)
    products = serializers.IntegerField(min_value=3, max_value=40, required=False)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    variety = serializers.FloatField(
        min_value=0,
        max_value=1,
        required=False,
        help_text="Of a row's products: 0 the closest to the theme, 1 the most unlike one another",
    )
    constraints = ConstraintsShape(required=False)
    max_price = serializers.DecimalField(None, None, required=False, help_text="Read as constraints.price_max")


class BriefShape(CampaignPatch):
    """A brief. The same `brief_id` again changes that campaign instead of making a second one."""

    brief_id = serializers.CharField(max_length=80)
    objective = serializers.CharField(min_length=3, max_length=1000)


class CampaignOut(serializers.ModelSerializer[Campaign]):
    segment = SegmentOut(allow_null=True)
    constraints = ConstraintsShape()
    created_by = serializers.CharField(allow_null=True, help_text="Name of the person")
    runs = serializers.IntegerField(source="run_count", help_text="How many there were")
    last_run = serializers.IntegerField(allow_null=True, help_text="Id of the newest run")

    class Meta:
        model = Campaign
        fields = [
            "slug",
            "name",
            "page",
            "objective_kind",
            "objective",
            "segment",
            "season",
            "starts_on",
            "ends_on",
            "placements",
            "products",
            "brand_voice",
            "banned_terms",
            "concepts",
            "variety",
            "constraints",
            "created_by",
            "created_at",
            "updated_at",
            "runs",
            "last_run",
        ]


class RuleOut(Shape):
    name = serializers.CharField()
    label = serializers.CharField(help_text="The constraint in words")  # type: ignore[assignment]
    alone = serializers.IntegerField(help_text="Products that satisfy this one constraint")
    without = serializers.IntegerField(help_text="Products that would be eligible without it")


class StageEstimateOut(Shape):
    stage = serializers.CharField()
    model = serializers.CharField()
    calls = serializers.FloatField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.CharField(allow_null=True, help_text="USD; null where the price is not known")


class EstimateOut(Shape):
    """What a run would use of its models, from earlier runs of this store or else from the size of the prompts."""

    tokens = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost = serializers.CharField(allow_null=True, help_text="USD; null where a price is not known")
    sentence = serializers.CharField()
    basis = serializers.CharField(allow_blank=True, help_text="What it rests on")
    stages = StageEstimateOut(many=True, help_text="Empty where no language model is asked")


class FeasibilityOut(Shape):
    total = serializers.IntegerField(help_text="Products in the catalogue")
    eligible = serializers.IntegerField()
    rules = RuleOut(many=True)
    tightest = serializers.CharField(
        allow_blank=True, help_text="Name of the rule whose loss would gain most, or empty"
    )
    fillable = serializers.IntegerField(help_text="Upper bound of the placements that can be filled")
    wanted = serializers.IntegerField()
    feasible = serializers.BooleanField()
    sentence = serializers.CharField(help_text="The verdict in words, with the way out")
    estimate = EstimateOut(allow_null=True, help_text="Null where the generator is not set up")


# --- Runs ---------------------------------------------------------------------------------------------------------
class Budget(Shape):
    budget = serializers.DecimalField(
        12, 2, min_value=Decimal("0.01"), required=False, help_text="Most that may be spent on models, in USD"
    )


class RunStart(Budget):
    seed = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, default=1)
    segment = serializers.RegexField(
        r"^[-a-zA-Z0-9_]+$",
        max_length=50,
        required=False,
        allow_null=True,
        help_text="Slug of the audience of this run; the campaign's own when left out",
    )


class RunOut(serializers.ModelSerializer[Run]):
    """A run in a list."""

    campaign = serializers.SlugRelatedField[Campaign](slug_field="slug", read_only=True)
    segment = serializers.SlugRelatedField[Segment](
        slug_field="slug", read_only=True, allow_null=True, help_text="The audience; null is everyone"
    )
    generator = serializers.CharField(source="generator_label", help_text="What planned and chose")
    parent = serializers.IntegerField(  # type: ignore[assignment]
        source="parent_id", allow_null=True, help_text="The run whose page it writes anew in part"
    )
    requested_by = serializers.CharField(allow_null=True, help_text="Name of the person")
    seconds = serializers.SerializerMethodField(help_text="From start to end; null before the start")

    class Meta:
        model = Run
        fields = [
            "id",
            "campaign",
            "segment",
            "status",
            "generator",
            "seed",
            "parent",
            "instruction",
            "requested_by",
            "error",
            "created_at",
            "started_at",
            "finished_at",
            "seconds",
        ]

    def get_seconds(self, run: Run) -> float | None:
        ended = run.finished_at
        return round((ended - run.started_at).total_seconds(), 2) if ended and run.started_at else None


class StageOut(Shape):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    done = serializers.IntegerField()
    total = serializers.IntegerField(allow_null=True, help_text="Null until the themes are known")
    seconds = serializers.FloatField()


class DroppedOut(Shape):
    title = serializers.CharField()
    reason = serializers.CharField()


# --- Catalogue ----------------------------------------------------------------------------------------------------
class ProductQuery(Shape):
    q = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Words of title, brand, type")
    category = serializers.CharField(
        required=False, allow_blank=True, max_length=750, help_text="A node: its whole branch"
    )
    brand = serializers.CharField(required=False, allow_blank=True, max_length=200)
    availability = serializers.ChoiceField(Availability.choices, required=False)
    price_min = serializers.DecimalField(14, 2, required=False, help_text="Of the price to pay")
    price_max = serializers.DecimalField(14, 2, required=False, help_text="Of the price to pay")
    on_sale = serializers.BooleanField(required=False, allow_null=True, default=None)


class ProductOut(serializers.ModelSerializer[Product]):
    """A product in the field names of the Google Merchant specification."""

    id = serializers.CharField(source="item_id")
    price = serializers.SerializerMethodField()
    sale_price = serializers.SerializerMethodField()
    cost_of_goods_sold = serializers.SerializerMethodField()
    attributes = serializers.DictField()

    class Meta:
        model = Product
        fields = [
            "id",
            "title",
            "description",
            "link",
            "image_link",
            "availability",
            "price",
            "sale_price",
            "brand",
            "product_type",
            "google_product_category",
            "gtin",
            "mpn",
            "item_group_id",
            "color",
            "size",
            "material",
            "custom_label_0",
            "custom_label_1",
            "custom_label_2",
            "custom_label_3",
            "custom_label_4",
            "cost_of_goods_sold",
            "rating",
            "rating_count",
            "popularity",
            "quantity",
            "listed_on",
            "attributes",
            "updated_at",
        ]

    @extend_schema_field(MoneyOut)
    def get_price(self, product: Product) -> dict[str, str] | None:
        return money(product.price, product.currency)

    @extend_schema_field(MoneyOut(allow_null=True))
    def get_sale_price(self, product: Product) -> dict[str, str] | None:
        return money(product.sale_price, product.currency)

    @extend_schema_field(MoneyOut(allow_null=True))
    def get_cost_of_goods_sold(self, product: Product) -> dict[str, str] | None:
        return money(product.cost_of_goods_sold, product.currency)


class KeywordQuery(Shape):
    q = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Part of the text")
    kind = serializers.ChoiceField(KeywordKind.choices, required=False)


class KeywordOut(serializers.ModelSerializer[Keyword]):
    class Meta:
        model = Keyword
        fields = ["id", "kind", "field", "text", "density"]


class RowErrorOut(serializers.ModelSerializer[ImportRowError]):
    class Meta:
        model = ImportRowError
        fields = ["line", "column", "reason", "value", "severity"]


class ImportOut(serializers.ModelSerializer[ImportJob]):
    """An import in a list."""

    accepted = serializers.IntegerField(help_text="created + updated + unchanged")
    requested_by = serializers.CharField(allow_null=True, help_text="Name of the person")
    seconds = serializers.SerializerMethodField(help_text="From start to end; null before the end")

    class Meta:
        model = ImportJob
        fields = [
            "id",
            "file_name",
            "format",
            "status",
            "guessed",
            "rows_read",
            "accepted",
            "created",
            "updated",
            "unchanged",
            "refused",
            "error",
            "requested_by",
            "created_at",
            "started_at",
            "finished_at",
            "seconds",
        ]

    def get_seconds(self, job: ImportJob) -> float | None:
        ended = job.finished_at
        return round((ended - job.started_at).total_seconds(), 2) if ended and job.started_at else None


class ImportReport(ImportOut):
    """One import with what was wrong in the file: the first 1000 findings, in the order of the file."""

    mapping = serializers.DictField(help_text="Which column is which field")
    errors = serializers.SerializerMethodField()  # type: ignore[assignment]
    errors_total = serializers.SerializerMethodField()

    class Meta(ImportOut.Meta):
        fields = [*ImportOut.Meta.fields, "mapping", "errors", "errors_total"]

    @extend_schema_field(RowErrorOut(many=True))
    def get_errors(self, job: ImportJob) -> Any:
        return RowErrorOut(job.row_errors.all()[:1000], many=True).data

    def get_errors_total(self, job: ImportJob) -> int:
        return job.row_errors.count()


class ImportStart(Shape):
    """Multipart form. Without `mapping` the columns are guessed."""

    file = serializers.FileField(help_text="CSV, TSV, JSON Lines, Google Merchant XML or Shopify CSV; gzip accepted")
    format = serializers.ChoiceField(["auto", *FORMATS], required=False, default="auto")
    mapping = serializers.JSONField(
        required=False, help_text='A JSON object {"fields", "attributes", "defaults", "options"}'
    )
