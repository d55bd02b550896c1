"""What somebody answers to generate a campaign for many audiences."""

from decimal import Decimal
from typing import Any

from django import forms

from generation.batches import MOST_CONCURRENCY
from generation.models import Batch, Segment

ALL, CHOSEN = "all", "chosen"


class BatchForm(forms.Form):
    """`segments` are those to choose from; `vendor` says whether there is a batch service to offer."""

    which = forms.ChoiceField(label="Audiences", widget=forms.RadioSelect, initial=ALL)
    segments = forms.MultipleChoiceField(
        label="Chosen audiences", required=False, widget=forms.CheckboxSelectMultiple, choices=()
    )
    mode = forms.ChoiceField(
        label="How models are asked",
        widget=forms.RadioSelect,
        choices=[
            (Batch.Mode.LIVE, "At once: pages come within minutes"),
            (Batch.Mode.VENDOR, "Through the vendor's batch service: cheaper, within a day"),
        ],
        initial=Batch.Mode.LIVE,
    )
    concurrency = forms.IntegerField(
        label="Pages at the same time", min_value=1, max_value=MOST_CONCURRENCY, initial=4, required=True
    )
    budget = forms.DecimalField(
        label="Budget for all of them",
        required=False,
        min_value=Decimal("0.01"),
        max_digits=11,
        decimal_places=2,
        help_text="In US dollars. What is finished when it is reached is kept. Empty: each page has its own limit.",
    )

    def __init__(self, *args: Any, segments: list[Segment], vendor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        many = len(segments)
        self.fields["which"].choices = [  # type: ignore[attr-defined]
            (ALL, "The one there is" if many == 1 else f"All {many}"),
            (CHOSEN, "Those I choose"),
        ]
        self.fields["segments"].choices = [(one.slug, one.name) for one in segments]  # type: ignore[attr-defined]
        if not vendor:
            del self.fields["mode"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("which") == CHOSEN and not given.get("segments") and "segments" not in self.errors:
            self.add_error("segments", "Choose at least one audience, or take all.")
        if given.get("which") == ALL and given.get("segments"):
            self.add_error("which", "Some audiences are ticked. Choose “Those I choose”, or untick them.")
        return given

    @property
    def wanted(self) -> list[str]:
        """What `fanout.named_segments` takes."""
        return ["all"] if self.cleaned_data["which"] == ALL else self.cleaned_data["segments"]


class BudgetForm(forms.Form):
    """Another budget for what is tried again."""

    budget = forms.DecimalField(
        label="Budget", required=False, min_value=Decimal("0.01"), max_digits=11, decimal_places=2
    )
