"""What marketing asks for: segments and campaigns."""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Store, User

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from generation.models.run import Run


VARIETY = 0.25
"""Of a campaign that says nothing of it: rows a quarter more varied, P-T@5 as it was (docs/quality.md)."""


class ObjectiveKind(models.TextChoices):
    SEASON = "season", "Season"
    OCCASION = "occasion", "Occasion"
    CATEGORY = "category", "Drive a category"
    CLEAR_STOCK = "clear_stock", "Clear stock"
    LAUNCH = "launch", "Launch"
    MARGIN = "margin", "Margin"
    DISCOVERY = "discovery", "Discovery"
    BASKET = "basket", "Bigger baskets"


class Segment(models.Model):
    """An audience with a typed profile. `profile` holds `generation.campaigns.segments.Profile` as JSON; it is
    validated on the way in. `size` counts its people where that is known."""

    class Source(models.TextChoices):
        WRITTEN = "written", "Written here"
        CSV = "csv", "Imported"
        EVENTS = "events", "Derived from purchases"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="segments")
    slug = models.SlugField()
    name = models.CharField(max_length=120)
    profile = models.JSONField(default=dict, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.WRITTEN)
    size = models.PositiveIntegerField(null=True, blank=True, help_text="People in it; unknown is null")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["store", "slug"], name="segment_slug_once_per_store"),
            models.CheckConstraint(condition=Q(source__in=["written", "csv", "events"]), name="segment_source_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """Objective and hard constraints of one page, in a merchandiser's words.

    `constraints` holds `generation.campaigns.constraints.Constraints` as JSON; it is validated on the way in and read
    back through that model only.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="campaigns")
    slug = models.SlugField(max_length=80)
    name = models.CharField(max_length=120)
    page = models.SlugField(max_length=80, default="home", help_text="The page of the shop this campaign is for.")
    objective_kind = models.CharField(max_length=20, choices=ObjectiveKind.choices, default=ObjectiveKind.DISCOVERY)
    objective = models.CharField(max_length=1000)
    season = models.CharField(max_length=60, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    segment = models.ForeignKey(Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns")
    placements = models.PositiveSmallIntegerField(
        default=6, validators=[MinValueValidator(1), MaxValueValidator(20)], help_text="Rows on the page."
    )
    products = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(3), MaxValueValidator(40)], help_text="Products in a row."
    )
    brand_voice = models.CharField(max_length=300, blank=True)
    banned_terms = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    concepts = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, help_text="Kinds of products the page should hold."
    )
    constraints = models.JSONField(default=dict, blank=True)
    variety = models.FloatField(
        default=VARIETY,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Of a row's products: 0 the closest to the theme, 1 the most unlike one another.",
    )
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="campaigns")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    if TYPE_CHECKING:
        runs: RelatedManager["Run"]
        static_placements: RelatedManager["StaticPlacement"]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "slug"], name="campaign_slug_once_per_store"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="campaign_ends_after_start",
            ),
            models.CheckConstraint(condition=Q(objective_kind__in=ObjectiveKind.values), name="objective_kind_known"),
            models.CheckConstraint(condition=Q(placements__gte=1, placements__lte=20), name="campaign_placements_1_20"),
            models.CheckConstraint(condition=Q(products__gte=3, products__lte=40), name="campaign_products_3_40"),
            models.CheckConstraint(condition=Q(variety__gte=0, variety__lte=1), name="campaign_variety_0_1"),
        ]

    def __str__(self) -> str:
        return self.name


class StaticPlacement(models.Model):
    """A row that the shop wrote itself: its title and its products in order, locked into the campaign's page.

    `position` is its place on the page, from 1; generated rows fill the places between. `item_ids` are the feed's ids.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="static_placements")
    position = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(20)])
    title = models.CharField(max_length=80)
    subtitle = models.CharField(max_length=120, blank=True)
    item_ids = ArrayField(models.CharField(max_length=128), help_text="Products in order, by the feed's id")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "position"], name="static_placement_once_per_position"),
            models.CheckConstraint(condition=Q(position__gte=1, position__lte=20), name="static_position_1_20"),
            models.CheckConstraint(condition=Q(item_ids__len__gte=1), name="static_placement_has_products"),
        ]

    def __str__(self) -> str:
        return self.title
