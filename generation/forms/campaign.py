"""The campaign brief as a form: the campaign's own answers, and its hard constraints."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from pydantic import ValidationError

from accounts.models import Store
from generation.campaigns import names
from generation.campaigns.brief import in_words
from generation.campaigns.constraints import Constraints
from generation.forms.fields import ChipsField, Slider
from generation.models import Campaign, ObjectiveKind, Segment

MAIN = ["include_categories", "exclude_categories", "exclude_terms", "price_min", "price_max", "in_stock"]
MORE = [
    "include_brands",
    "exclude_brands",
    "exclude_products",
    "rating_min",
    "margin_min",
    "new_within_days",
    "density_min",
    "max_per_brand",
]
CONSTRAINTS = [*MAIN, *MORE]
DEFAULTS = Constraints()
PER_CENT = Decimal(100)


def _money(label: str) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )


def _date(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )


class CampaignForm(forms.Form):
    """Everything `services.save_campaign` takes. `values()` is valid input for it once `is_valid()` holds.

    `seen` carries the moment at which the person loaded the campaign, to notice somebody else's save in between.
    """

    objective_kind = forms.ChoiceField(label="Objective", choices=ObjectiveKind.choices)
    objective = forms.CharField(
        label="In one sentence",
        min_length=3,
        max_length=1000,
        widget=forms.Textarea(
            attrs={"rows": 3, "dir": "auto", "placeholder": "Quick, warm suppers for families on autumn weekdays"}
        ),
    )
    name = forms.CharField(
        label="Name",
        required=False,
        max_length=120,
        help_text="Left empty, it is taken from your sentence.",
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    concepts = ChipsField(
        label="Kinds of products",
        longest=80,
        help_text="What the page should hold. Enter adds one.",
    )
    page = forms.CharField(
        label="Page of the shop",
        max_length=80,
        validators=[RegexValidator(r"^[-a-zA-Z0-9_]+\Z", "Use letters, digits, hyphens and underscores only.")],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    segment = forms.ModelChoiceField(
        label="Audience", queryset=Segment.objects.none(), required=False, empty_label="Everyone"
    )
    season = forms.CharField(
        label="Season",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"dir": "auto", "placeholder": "Autumn", "autocomplete": "off"}),
    )
    starts_on = _date("First day")
    ends_on = _date("Last day")
    placements = forms.IntegerField(label="Placements", min_value=1, max_value=20)
    products = forms.IntegerField(label="Products in each", min_value=3, max_value=40)
    variety = forms.IntegerField(
        label="Variety",
        required=False,
        min_value=0,
        max_value=100,
        help_text="How far the products of a placement differ from one another, in kind and in price, once they fit.",
        widget=Slider(attrs={"step": "1", "data-shows": "variety-now"}),
    )
    brand_voice = forms.CharField(
        label="Brand voice",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"dir": "auto", "placeholder": "Warm, unfussy, no puns"}),
    )
    banned_terms = ChipsField(
        label="Never say",
        longest=80,
        help_text="Words that no title or subtitle may hold. Enter adds one.",
    )

    include_categories = ChipsField(label="Only these categories", separator="|", suggest="known-categories")
    exclude_categories = ChipsField(label="Not these categories", separator="|", suggest="known-categories")
    exclude_terms = ChipsField(
        label="Without",
        longest=60,
        help_text="No product whose title or category names one of these. Enter adds one.",
    )
    price_min = _money("Price from")
    price_max = _money("Price to")
    in_stock = forms.BooleanField(label="Only products in stock", required=False)
    include_brands = ChipsField(label="Only these brands", separator="|", suggest="known-brands", longest=200)
    exclude_brands = ChipsField(label="Not these brands", separator="|", suggest="known-brands", longest=200)
    exclude_products = ChipsField(label="Not these products", help_text="Ids as in your feed.", longest=128)
    rating_min = forms.DecimalField(
        label="Rating of at least",
        required=False,
        min_value=Decimal(0),
        max_value=Decimal(5),
        decimal_places=2,
        help_text="Products without a rating do not count.",
        widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
    )
    margin_min = forms.DecimalField(
        label="Margin of at least",
        required=False,
        min_value=Decimal(-100),
        max_value=Decimal(100),
        decimal_places=2,
        help_text="Products without a known cost do not count.",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    new_within_days = forms.IntegerField(label="Listed in the last", required=False, min_value=1, max_value=3650)
    density_min = forms.IntegerField(
        label="Products a placement must reach",
        required=False,
        min_value=1,
        max_value=1000,
        help_text="A placement whose keywords reach fewer is dropped.",
    )
    max_per_brand = forms.IntegerField(
        label="Of one brand, at most",
        required=False,
        min_value=1,
        max_value=40,
        help_text="In each placement. Empty: no limit.",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, store: Store, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store = store
        self.fields["segment"].queryset = Segment.objects.filter(store=store)  # type: ignore[attr-defined]

    def clean_include_categories(self) -> list[str]:
        return self._resolved("include_categories", names.resolve_categories)

    def clean_exclude_categories(self) -> list[str]:
        return self._resolved("exclude_categories", names.resolve_categories)

    def clean_include_brands(self) -> list[str]:
        return self._resolved("include_brands", names.resolve_brands)

    def clean_exclude_brands(self) -> list[str]:
        return self._resolved("exclude_brands", names.resolve_brands)

    def clean_exclude_terms(self) -> list[str]:
        terms = list(dict.fromkeys(" ".join(term.split()).casefold() for term in self.cleaned_data["exclude_terms"]))
        short = next((term for term in terms if len(term) < 2), None)
        if short is not None:
            raise forms.ValidationError(f"“{short}” is too short to look for in titles; write two letters or more.")
        return terms

    def _resolved(self, name: str, resolve: Any) -> list[str]:
        found, problems = resolve(self.store, self.cleaned_data[name])
        if problems:
            raise forms.ValidationError(problems)
        return list(found)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", f"The last day is before the first day, {starts:%-d %B %Y}.")
        low, high = data.get("price_min"), data.get("price_max")
        if low is not None and high is not None and low > high:
            self.add_error("price_max", f"This is below the lowest price, {low}.")
        for kind, words in (("categories", "category"), ("brands", "brand")):
            both = set(data.get(f"include_{kind}") or []) & set(data.get(f"exclude_{kind}") or [])
            if both:
                self.add_error(f"exclude_{kind}", f"The {words} “{min(both)}” is both wanted and not wanted.")
        return data

    def constraints(self) -> Constraints:
        """The constraints as far as they are right: an answer with an error is left out."""
        data = {name: self.cleaned_data[name] for name in CONSTRAINTS if name in self.cleaned_data}
        if data.get("margin_min") is not None:
            data["margin_min"] = data["margin_min"] / PER_CENT
        if data.get("density_min") is None:
            data.pop("density_min", None)
        try:
            return Constraints.model_validate(data)
        except ValidationError as error:
            self.add_error(None, f"The constraints do not fit together: {in_words(error)}.")
            return DEFAULTS

    def constraint_problems(self) -> list[str]:
        """What is wrong with the constraints, for the panel that counts."""
        return [f"{self.fields[name].label}: {error}" for name in CONSTRAINTS for error in self.errors.get(name, [])]

    def values(self) -> dict[str, Any]:
        """Keyword arguments for `services.save_campaign`."""
        own = {name: value for name, value in self.cleaned_data.items() if name not in (*CONSTRAINTS, "seen")}
        own["name"] = own["name"] or short_name(own["objective"])
        dial = own.pop("variety")
        if dial is not None:  # a form that was sent without it leaves it as it is
            own["variety"] = dial / 100
        return {**own, "constraints": self.constraints()}

    @property
    def more(self) -> bool:
        """Whether one of the less used constraints differs from what a new campaign has, or has an error."""
        if self.is_bound and any(name in self.errors for name in MORE):
            return True
        plain = start_values()
        return any(_plain(self[name].value()) != _plain(plain[name]) for name in MORE)


def short_name(objective: str) -> str:
    """A name of at most 80 characters from the first sentence of an objective."""
    words = " ".join(objective.split()).split(". ")[0].rstrip(".")
    return words if len(words) <= 80 else words[:79].rsplit(" ", 1)[0] + "…"


def start_values(campaign: Campaign | None = None) -> dict[str, Any]:
    """What the form shows at first: the campaign's answers, or those of a new one."""
    limits = Constraints.model_validate(campaign.constraints) if campaign else DEFAULTS
    answers: dict[str, Any] = {name: getattr(limits, name) for name in CONSTRAINTS}
    if limits.margin_min is not None:
        answers["margin_min"] = f"{(limits.margin_min * PER_CENT).normalize():f}"
    shown = campaign or Campaign()
    for name in CampaignForm.base_fields:
        if name not in CONSTRAINTS and name not in ("seen", "segment"):
            answers[name] = getattr(shown, name)
    answers["variety"] = round(shown.variety * 100)
    answers["segment"] = shown.segment_id
    answers["seen"] = campaign.updated_at.isoformat() if campaign else ""
    return answers


def typed_values(data: Any, without: str = "") -> dict[str, Any]:
    """The answers of a posted form as they were typed, less one that was loosened; nothing is checked."""
    answers: dict[str, Any] = {name: data.get(name, "") for name in CampaignForm.base_fields}
    answers["in_stock"] = "in_stock" in data
    if without in CONSTRAINTS:
        answers[without] = False if without == "in_stock" else ""
    return answers


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "|".join(value)
    return "" if value is None else str(value)
