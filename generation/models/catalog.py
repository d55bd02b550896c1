"""The catalogue of a store: products, their vectors, the vocabulary and the imports that brought them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from pgvector.django import HalfVectorField, HnswIndex

from accounts.models import Store, User

DIMENSIONS = 384  # of the sentence encoder; a wrong model fails at the first insert


class Availability(models.TextChoices):
    IN_STOCK = "in_stock", "In stock"
    OUT_OF_STOCK = "out_of_stock", "Out of stock"
    PREORDER = "preorder", "Pre-order"
    BACKORDER = "backorder", "Back-order"


class Product(models.Model):
    """A sellable item, in the field names of the Google Merchant product data specification.

    `item_id` is the feed's ``id``. `categories` holds every node of `product_type` from the root down
    (["Grocery", "Grocery > Breakfast"]), so that a branch of the tree is one indexed overlap. `text_hash` says which
    text the product's vector must be of.
    """

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="products")
    item_id = models.CharField(max_length=128)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    link = models.CharField(max_length=2000, blank=True)
    image_link = models.CharField(max_length=2000, blank=True)
    availability = models.CharField(max_length=20, choices=Availability.choices, default=Availability.IN_STOCK)
    price = models.DecimalField(max_digits=14, decimal_places=2)
    sale_price = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3)
    brand = models.CharField(max_length=200, blank=True)
    product_type = models.CharField(max_length=750, blank=True)
    categories = ArrayField(models.CharField(max_length=750), default=list, blank=True)
    google_product_category = models.CharField(max_length=750, blank=True)
    gtin = models.CharField(max_length=50, blank=True)
    mpn = models.CharField(max_length=70, blank=True)
    item_group_id = models.CharField(max_length=128, blank=True)
    color = models.CharField(max_length=100, blank=True)
    size = models.CharField(max_length=100, blank=True)
    material = models.CharField(max_length=200, blank=True)
    custom_label_0 = models.CharField(max_length=100, blank=True)
    custom_label_1 = models.CharField(max_length=100, blank=True)
    custom_label_2 = models.CharField(max_length=100, blank=True)
    custom_label_3 = models.CharField(max_length=100, blank=True)
    custom_label_4 = models.CharField(max_length=100, blank=True)
    cost_of_goods_sold = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    rating = models.DecimalField(max_digits=3, decimal_places=2, null=True, blank=True)
    rating_count = models.PositiveIntegerField(null=True, blank=True)
    popularity = models.FloatField(null=True, blank=True, help_text="0 to 1; unknown is null")
    quantity = models.IntegerField(null=True, blank=True)
    listed_on = models.DateField(null=True, blank=True)
    attributes = models.JSONField(default=dict, blank=True)

    content_hash = models.CharField(max_length=80)
    text_hash = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    effective_price = models.GeneratedField(
        expression=Coalesce("sale_price", "price"),
        output_field=models.DecimalField(max_digits=14, decimal_places=2),
        db_persist=True,
    )
    margin = models.GeneratedField(
        expression=(Coalesce(F("sale_price"), F("price")) - F("cost_of_goods_sold")) / Coalesce("sale_price", "price"),
        output_field=models.DecimalField(max_digits=7, decimal_places=4, null=True),
        db_persist=True,
        null=True,
    )
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("brand", "product_type", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "item_id"], name="item_id_once_per_store"),
            models.CheckConstraint(condition=Q(price__gt=0), name="product_price_above_zero"),
            models.CheckConstraint(
                condition=Q(sale_price__isnull=True) | Q(sale_price__gt=0, sale_price__lt=F("price")),
                name="product_sale_price_below_price",
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=0, rating__lte=5), name="product_rating_0_to_5"
            ),
            models.CheckConstraint(
                condition=Q(popularity__isnull=True) | Q(popularity__gte=0, popularity__lte=1),
                name="product_popularity_0_to_1",
            ),
            models.CheckConstraint(condition=Q(availability__in=Availability.values), name="availability_known"),
        ]
        indexes = [
            GinIndex(fields=["search"], name="product_search"),
            GinIndex(fields=["categories"], name="product_categories"),
            models.Index(fields=["store", "brand"], name="product_brand"),
            models.Index(fields=["store", "effective_price"], name="product_price"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def category(self) -> str:
        """The deepest node of the category tree this product hangs on."""
        return self.categories[-1] if self.categories else ""


class ProductVector(models.Model):
    """A product's embedding, in a narrow table of its own so that price changes never touch the vector index."""

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="vector")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    text_hash = models.CharField(max_length=80)
    encoder = models.CharField(max_length=80)
    embedding = HalfVectorField(dimensions=DIMENSIONS)

    class Meta:
        indexes = [
            HnswIndex(
                fields=["embedding"], name="product_nearest", m=16, ef_construction=64, opclasses=["halfvec_cosine_ops"]
            ),
            models.Index(fields=["store", "encoder"], name="product_vector_encoder"),
        ]


class ProductWords(models.Model):
    """A product's words for full text, beside the products so that a feed comes in without waiting for them.

    Weights say where a word stands: A title, B brand and category, C attributes, D description. `content_hash` is that
    of the product whose words these are.
    """

    product = models.OneToOneField(Product, on_delete=models.CASCADE, primary_key=True, related_name="wording")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    content_hash = models.CharField(max_length=80)
    words = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["words"], name="product_words")]


class WordCount(models.Model):
    """In how many of a store's products a word of `ProductWords` stands. Rare words have no row: their products are
    quickly counted. The row of the empty word says how many products were counted."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+")
    word = models.TextField()
    products = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "word"], name="word_counted_once_per_store")]


class KeywordKind(models.TextChoices):
    SEARCH = "search", "Search phrase"
    CATEGORY = "category", "Category"
    ATTRIBUTE = "attribute", "Attribute"


class Keyword(models.Model):
    """One entry of the closed vocabulary that retrieval understands.

    `text` is what people read: a phrase, a category path, or an attribute's value. `field` names the attribute for
    the third kind ("brand", "color", "attributes.diet"). `density` counts the store's products that the keyword
    reaches, in stock or not. `origin` says who wrote it: the catalogue's own words come and go with the catalogue, an
    editor's stay. `synonyms` are phrases that bring products under an editor's search phrase, besides its own words.
    """

    class Origin(models.TextChoices):
        CATALOGUE = "catalogue", "From the catalogue"
        EDITOR = "editor", "Added by an editor"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="keywords")
    kind = models.CharField(max_length=10, choices=KeywordKind.choices)
    field = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=750)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.CATALOGUE)
    synonyms = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    density = models.PositiveIntegerField(default=0)
    embedding = HalfVectorField(dimensions=DIMENSIONS, null=True)
    encoder = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "kind", "field", "text"], name="keyword_once_per_store"),
            models.CheckConstraint(condition=Q(kind__in=KeywordKind.values), name="keyword_kind_known"),
        ]
        indexes = [
            HnswIndex(
                fields=["embedding"], name="keyword_nearest", m=16, ef_construction=64, opclasses=["halfvec_cosine_ops"]
            ),
            models.Index(fields=["store", "encoder"], name="keyword_encoder"),
        ]

    def __str__(self) -> str:
        return self.text


class VocabularyGap(models.Model):
    """A concept that a plan named and nothing in the vocabulary came near to; counted, so that an editor sees the
    costly ones first. open -> added (an editor wrote a keyword for it) | dismissed."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ADDED = "added", "Keyword added"
        DISMISSED = "dismissed", "Dismissed"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="vocabulary_gaps")
    concept = models.CharField(max_length=200)
    nearest = models.CharField(max_length=750, blank=True)
    similarity = models.FloatField(null=True, help_text="Cosine of the nearest keyword, 0 to 1")
    runs = models.PositiveIntegerField(default=1, help_text="Runs that asked for it")
    themes = models.JSONField(default=list, help_text="Titles of the last few themes that asked for it")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    keyword = models.ForeignKey(Keyword, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    first_seen = models.DateTimeField(auto_now_add=True)
    last_seen = models.DateTimeField()

    class Meta:
        ordering = ["-runs", "concept"]
        constraints = [
            models.UniqueConstraint(fields=["store", "concept"], name="gap_once_per_concept"),
            models.CheckConstraint(condition=Q(status__in=["open", "added", "dismissed"]), name="gap_status_known"),
        ]

    def __str__(self) -> str:
        return self.concept


class ImportJob(models.Model):
    """One feed on its way into the catalogue.

    mapping -> queued -> running -> done | failed. `rows_read` is the place to go on from after a crash: every batch
    commits its products, its errors and this number together.
    """

    class Status(models.TextChoices):
        MAPPING = "mapping", "Waiting for columns"
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    OPEN = (Status.QUEUED, Status.RUNNING)

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    path = models.CharField(max_length=1000)
    format = models.CharField(max_length=20, default="auto")
    mapping = models.JSONField(default=dict)
    guessed = models.BooleanField(default=False, help_text="The mapping was guessed from the column names.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.MAPPING)
    rows_read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    lease_until = models.DateTimeField(null=True)
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def accepted(self) -> int:
        return self.created + self.updated + self.unchanged


class ImportRowError(models.Model):
    """Why a row, or a value in it, did not come in."""

    class Severity(models.TextChoices):
        ERROR = "error", "Refused"
        WARNING = "warning", "Taken without this value"

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="row_errors")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    value = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.ERROR)

    class Meta:
        ordering = ["line", "id"]
