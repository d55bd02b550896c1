"""How a store's shop is set up, as far as publishing must know."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Store


class ShopFront(models.Model):
    """One row a store: the zone in which its dates are meant, the look of its embedded page, and who may frame that.

    `theme` holds `review.publishing.theme.Theme` as JSON; `embed_origins` are origins such as https://shop.example.
    """

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="shop_front")
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.JSONField(default=dict, blank=True)
    embed_origins = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"the shop front of {self.store}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @classmethod
    def of(cls, store: Store) -> "ShopFront":
        """The store's row, or what holds while it has none."""
        return cls.objects.filter(store=store).first() or cls(store=store)
