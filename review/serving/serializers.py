"""The published page, for the API's schema. What is sent was serialized when it was published."""

from typing import Any

from rest_framework import serializers


class MoneySerializer(serializers.Serializer[Any]):
    amount = serializers.CharField(help_text="A decimal number as text, such as 12.99")
    currency = serializers.CharField(help_text="ISO 4217")


class PublishedKeywordSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    kind = serializers.ChoiceField(["search", "category", "attribute"])


class PublishedProductSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="The feed's id")
    title = serializers.CharField()
    price = MoneySerializer()
    sale_price = MoneySerializer(allow_null=True)
    image_link = serializers.CharField(allow_blank=True)
    link = serializers.CharField(allow_blank=True)
    slot = serializers.IntegerField(min_value=1)


class PublishedPlacementSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    title = serializers.CharField()
    subtitle = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(["generated", "static"])  # type: ignore[assignment]
    keywords = PublishedKeywordSerializer(many=True)
    products = PublishedProductSerializer(many=True)


class PublishedPageSerializer(serializers.Serializer[Any]):
    page = serializers.CharField()
    version = serializers.IntegerField()
    manifest = serializers.CharField(help_text="sha256 of the canonical JSON of page, segment and placements")
    segment = serializers.CharField()
    experiment = serializers.JSONField(allow_null=True)
    generated_at = serializers.DateTimeField()
    placements = PublishedPlacementSerializer(many=True)
