"""What people write on the review screens, as values."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django import forms

from review.models import ReasonCode
from review.workflow.asked import DUES, FLAGGED, RISKS, STATES, WHOSE, Asked


class Seen(forms.Form):
    """Every act names the revision the person saw."""

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class TextForm(Seen):
    title = forms.CharField(
        max_length=200,
        widget=forms.Textarea({"rows": 1, "dir": "auto", "data-key-label": "Edit the title", "autocomplete": "off"}),
    )
    subtitle = forms.CharField(
        max_length=300, required=False, widget=forms.Textarea({"rows": 1, "dir": "auto", "autocomplete": "off"})
    )


class TurnDownForm(Seen):
    reason_code = forms.ChoiceField(
        label="Reason",
        choices=[("", "Choose a reason"), *ReasonCode.choices],
        error_messages={"required": "Choose a reason; the people who wrote this learn from it."},
    )
    note = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        help_text="What would make it right. It stays in the history.",
    )


class NoteForm(Seen):
    note = forms.CharField(
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        help_text="Why this decision is taken back. It stays in the history.",
        error_messages={"required": "Say in the note why this is overturned."},
    )


class ProductActForm(Seen):
    """One button of a tile: "remove:12", "move:12:3", "pin:12", ... (verb, product, slot where there is one)."""

    act = forms.RegexField(r"^(remove|restore|pin|unpin|promote):\d{1,18}$|^move:\d{1,18}:\d{1,3}$")

    def clean_act(self) -> tuple[str, int, int]:
        verb, product, *slot = self.cleaned_data["act"].split(":")
        return verb, int(product), int(slot[0]) if slot else 0


class ForgetForm(forms.Form):
    note = forms.CharField(
        label="Why",
        max_length=500,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        help_text="It stays in the trail.",
        error_messages={"required": "Say why this should be forgotten."},
    )


class FilterForm(forms.Form):
    """The filter of the queue as controls; its values are read by `Asked`, which forgives."""

    state = forms.ChoiceField(required=False, choices=[*STATES.items()])
    risk = forms.ChoiceField(required=False, choices=[*RISKS.items()])
    due = forms.ChoiceField(required=False, choices=[*DUES.items()])
    whose = forms.ChoiceField(label="Who", required=False, choices=[*WHOSE.items()])
    flag = forms.ChoiceField(label="Flag", required=False, choices=[*FLAGGED.items()])
    campaign = forms.ChoiceField(required=False)
    page = forms.ChoiceField(required=False)

    @classmethod
    def of(cls, filters: Asked, campaigns: Iterable[Any], pages: Iterable[str]) -> "FilterForm":
        """With the campaigns and pages there are to choose from, and the one that is chosen."""
        form = cls(initial=asdict(filters), auto_id="filter_%s")
        names = {"": "Any campaign"} | {str(one.pk): one.name for one in campaigns}
        shown = {"": "Any page"} | {one: one for one in pages}
        if filters.campaign not in names:
            names[filters.campaign] = "Another campaign"
        form.fields["campaign"].choices = [*names.items()]  # type: ignore[attr-defined]
        form.fields["page"].choices = [*(shown | ({filters.page: filters.page} if filters.page else {})).items()]  # type: ignore[attr-defined]
        return form


class BulkForm(forms.Form):
    """A decision on everything that matches. Turning many down needs both the reason and the words."""

    reason_code = forms.ChoiceField(
        label="Reason",
        choices=[("", "Choose a reason"), *ReasonCode.choices],
        error_messages={"required": "Choose a reason; the people who wrote these learn from it."},
    )
    note = forms.CharField(
        max_length=2000,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
        help_text="It stays in the history of each of them.",
        error_messages={"required": "Say in the note why; it stays in the history of each of them."},
    )


class RegenerateForm(forms.Form):
    """What should change about a page, in a person's words."""

    instruction = forms.CharField(
        label="What should change",
        required=False,
        max_length=500,
        help_text="For example: cheaper, nothing with plastic, keep rows 1 and 3.",
        widget=forms.Textarea({"rows": 3, "dir": "auto", "autocomplete": "off"}),
    )
