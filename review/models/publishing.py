"""What shoppers get: pages, their frozen versions, and which one is live."""

import pgtrigger
from django.db import models

from accounts.models import Store, User
from review.models.draft import Draft


class Page(models.Model):
    """A page of the shop ("home"), for one segment. `live` is the version shoppers get; publishing moves it."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="pages")
    slug = models.SlugField(max_length=80)
    segment = models.SlugField(default="default")
    live = models.ForeignKey("PageVersion", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug", "segment"]
        constraints = [
            models.UniqueConstraint(fields=["store", "slug", "segment"], name="page_once_per_store_and_segment")
        ]

    def __str__(self) -> str:
        return self.slug if self.segment == "default" else f"{self.slug} for {self.segment}"


@pgtrigger.register(pgtrigger.Protect(name="frozen", operation=pgtrigger.Update | pgtrigger.Delete))
class PageVersion(models.Model):
    """Exactly what was approved, frozen. `manifest` is the hash of `body`, its placements in the published shape."""

    page = models.ForeignKey(Page, on_delete=models.DO_NOTHING, related_name="versions")
    number = models.PositiveIntegerField()
    draft = models.ForeignKey(Draft, on_delete=models.DO_NOTHING, related_name="versions")
    body = models.JSONField()
    manifest = models.CharField(max_length=80)
    created_by = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["page", "number"], name="version_number_once_per_page")]

    def __str__(self) -> str:
        return f"{self.page} version {self.number}"


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete))
class Publication(models.Model):
    """One move of a page's live pointer: published or rolled back, by whom and when."""

    class Kind(models.TextChoices):
        PUBLISH = "publish", "Published"
        ROLLBACK = "rollback", "Rolled back"

    page = models.ForeignKey(Page, on_delete=models.DO_NOTHING, related_name="publications")
    version = models.ForeignKey(PageVersion, on_delete=models.DO_NOTHING, related_name="publications")
    previous = models.ForeignKey(PageVersion, null=True, on_delete=models.DO_NOTHING, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
