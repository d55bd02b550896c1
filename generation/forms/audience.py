"""An audience as a form: who it is, what it buys, and what is about persons apart from that."""

from typing import Any

from django import forms

from generation.campaigns import segments
from generation.campaigns.segments import Liking, Profile
from generation.forms.fields import ChipsField
from generation.models import Segment
from storefront_studio.lib.errors import BadInput

BUYS = ("categories", "brands", "price_affinity", "price_from", "price_to", "basket", "diet", "products")
LIVES = ("household", "part_of_day", "seasonality")
PERSONS = ("life_stage", "age_band", "location", "notes")


def _text(label: str, placeholder: str = "") -> forms.CharField:
    attrs = {"dir": "auto", "autocomplete": "off", "placeholder": placeholder}
    return forms.CharField(label=label, required=False, max_length=120, widget=forms.TextInput(attrs=attrs))


def _money(label: str) -> forms.FloatField:
    attrs = {"step": "any", "inputmode": "decimal"}
    return forms.FloatField(label=label, required=False, min_value=0, widget=forms.NumberInput(attrs=attrs))


class AudienceForm(forms.Form):
    """Everything `audiences.save` takes. `seen` is the moment at which the person loaded the audience; `kept` the
    profile as it was, of which the form shows all but evidence and what older briefs said besides."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "placeholder": "Families who bake"}),
    )
    size = forms.IntegerField(
        label="People in it",
        required=False,
        min_value=0,
        max_value=2_000_000_000,
        help_text="Empty when nobody knows.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    categories = ChipsField(
        label="Categories they buy",
        separator="|",
        suggest="known-categories",
        longest=320,
        help_text="Write a share behind a name if you know it: Baking: 40%.",
    )
    brands = ChipsField(label="Brands they like", separator="|", suggest="known-brands", longest=320)
    price_affinity = forms.ChoiceField(
        label="Price level",
        required=False,
        choices=[("", "Not known"), ("low", "Low"), ("middle", "Middle"), ("high", "High")],
    )
    price_from = _money("Usual price from")
    price_to = _money("Usual price to")
    basket = _money("Usual basket")
    diet = ChipsField(label="Diet", longest=120, help_text="Such as vegetarian, vegan, halal.")
    household = _text("Household", "Family with small children")
    part_of_day = _text("Part of the day", "Weekday evenings")
    seasonality = ChipsField(label="Months they buy in", longest=60, help_text="Such as November: 20%, December: 30%.")
    products = ChipsField(label="Typical products", longest=120, help_text="Ids as in your feed.")
    life_stage = _text("Stage of life")
    age_band = _text("Age")
    location = _text("Place")
    notes = forms.CharField(
        label="Notes", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, kept: Profile | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept = kept or Profile()

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for name in (*BUYS, *LIVES, *PERSONS):
            if name in data and data[name] not in ("", None, []):
                try:
                    segments.read({name: _value(name, data[name])})
                except BadInput as error:
                    label = segments.FIELDS[name].label
                    self.add_error(name, str(error).removeprefix(f"The profile is not right: {label}: ").capitalize())
        if not self.errors:
            try:
                self.profile()
            except BadInput as error:
                self.add_error(None, str(error))
        return data

    def profile(self) -> Profile:
        """The profile as answered. Raises BadInput when its parts do not fit together."""
        given = {name: _value(name, self.cleaned_data[name]) for name in (*BUYS, *LIVES, *PERSONS)}
        return segments.read({**given, "evidence": self.kept.evidence, "other": self.kept.other})


def _value(name: str, answer: Any) -> Any:
    """An answer as the profile takes it: chips of names and shares are one cell."""
    if name in ("categories", "brands"):
        return " | ".join(answer)
    return ", ".join(answer) or None if name == "seasonality" else answer or None if answer != 0 else 0


def start_values(segment: Segment) -> dict[str, Any]:
    """What the form shows at first."""
    profile = segments.read_loosely(segment.profile)
    answers = {name: getattr(profile, name) for name in (*BUYS, *LIVES, *PERSONS)}
    answers |= {kind: [_chip(one) for one in answers[kind]] for kind in ("categories", "brands")}
    answers["seasonality"] = [
        f"{segments.MONTHS[month - 1]}: {share * 100:g}%" for month, share in sorted(profile.seasonality.items())
    ]
    return {**answers, "name": segment.name, "size": segment.size, "seen": segment.updated_at.isoformat()}


def _chip(one: Liking) -> str:
    return one.name if one.share is None else f"{one.name}: {round(one.share * 100, 2):g}%"


class TableForm(forms.Form):
    """A table of audiences."""

    file = forms.FileField(label="CSV file", help_text="One audience a row. Packed with gzip or not.")
