"""Shapes that every part of the API shares."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers


class MoneyOut(serializers.Serializer[Any]):
    """Decimal text and ISO 4217 code, so that nothing is lost on the way."""

    amount = serializers.CharField(help_text="A decimal number, for instance 12.99")
    currency = serializers.CharField(help_text="ISO 4217")


def money(amount: Decimal | None, currency: str) -> dict[str, str] | None:
    """``{"amount": "12.99", "currency": "USD"}``; None for what is unknown or not set."""
    return None if amount is None else {"amount": f"{amount:f}", "currency": currency}


class ErrorBody(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable, for programs")
    message = serializers.CharField(help_text="A sentence, for people")
    # Shadows nothing that is used: this class only describes.
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="By dotted path of the field: what is wrong with it",
    )


class ErrorOut(serializers.Serializer[Any]):
    """The one shape of every error."""

    error = ErrorBody()
