"""Forms of the catalogue's screens: text into values, nothing more."""

from typing import Any

from django import forms
from django.conf import settings

from generation.catalog.browse import SORTS
from generation.catalog.feed import FIELDS, FORMATS, REQUIRED, Feed, Mapping
from generation.models import Availability
from storefront_studio.lib.errors import BadInput

TEMPLATE = "{…}"
MOST_OPTIONS = 80  # a feed with more columns gets a text field that suggests them
FORMAT_LABELS = {
    "csv": "CSV",
    "tsv": "TSV",
    "jsonl": "JSON Lines",
    "google-xml": "Google Merchant XML",
    "shopify": "Shopify export",
}


class ProductFilter(forms.Form):
    """Filters above the product list; all optional."""

    category = forms.ChoiceField(required=False)
    availability = forms.ChoiceField(required=False, choices=[("", "Any"), *Availability.choices])
    brand = forms.CharField(required=False, max_length=200)
    price_min = forms.DecimalField(required=False, min_value=0, max_digits=14, label="Price from")
    price_max = forms.DecimalField(required=False, min_value=0, max_digits=14, label="Price to")
    sort = forms.ChoiceField(required=False, choices=[(key, label) for key, (label, _order) in SORTS.items()])

    def __init__(self, *args: Any, categories: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = str(self.data.get("category") or "")
        if chosen and chosen not in categories:
            categories = [chosen, *categories]
        indented = [(path, "\u2003" * path.count(" > ") + path.rsplit(" > ", 1)[-1][:60]) for path in categories]
        self.fields["category"].choices = [("", "All"), *indented]  # type: ignore[attr-defined]


class UploadForm(forms.Form):
    """The feed file. Its size and content are checked by `imports.keep_upload` and `imports.create`."""

    file = forms.FileField(
        label="Feed file",
        allow_empty_file=True,  # an empty file gets our own words
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.jsonl,.ndjson,.xml,.gz"}),
    )
    format = forms.ChoiceField(
        required=False,
        choices=[("auto", "Tell by content"), *((name, FORMAT_LABELS.get(name, name)) for name in FORMATS)],
        help_text="Change this only when the studio takes the file for something else.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = f"Up to {settings.UPLOAD_LIMIT_MB} MB, packed with gzip or not."


class MappingForm(forms.Form):
    """Which column is which field. `mapping()` gives what the person chose."""

    attributes = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="One a line: name = column.",
    )
    extra_attributes = forms.BooleanField(required=False, label="Keep every other column as an attribute")
    defaults = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Used where a column is empty. One a line: field = value, such as brand = Ikea.",
    )
    currency = forms.CharField(
        required=False, max_length=3, label="Currency", help_text="For prices that name none, such as EUR."
    )
    decimal = forms.ChoiceField(
        required=False, label="Decimal sign", choices=[("", "Worked out"), (".", "Point: 12.99"), (",", "Comma: 12,99")]
    )
    price_divisor = forms.TypedChoiceField(
        coerce=int,
        required=False,
        empty_value=1,  # type: ignore[arg-type]  # any value is taken when nothing was chosen
        label="Prices are in",
        choices=[("1", "Whole units"), ("100", "Cents")],
    )

    def __init__(self, feed: Feed, current: Mapping, *args: Any, **kwargs: Any) -> None:
        self.feed, self.current = feed, current
        options = current.options
        kwargs["initial"] = {
            "attributes": _lines(current.attributes),
            "defaults": _lines(current.defaults),
            "extra_attributes": options.extra_attributes,
            "currency": options.currency,
            "decimal": options.decimal or "",
            "price_divisor": str(options.price_divisor),
        }
        super().__init__(*args, **kwargs)
        divisors = {"1": "Whole units", "100": "Cents", str(options.price_divisor): f"1/{options.price_divisor}"}
        divisors.update({"1": "Whole units", "100": "Cents"})
        self.fields["price_divisor"].choices = list(divisors.items())  # type: ignore[attr-defined]
        self.selects = len(feed.columns) <= MOST_OPTIONS
        for name in FIELDS:
            self._add(name, current.fields.get(name, ""))

    def _add(self, name: str, source: str) -> None:
        is_template = bool(source) and source not in self.feed.columns
        label = name.replace("_", " ")
        if self.selects:
            choices = [("", "No column"), *((c, c[:80]) for c in self.feed.columns), (TEMPLATE, "Several columns …")]
            self.fields[f"f_{name}"] = forms.ChoiceField(
                required=False, label=label, choices=choices, initial=TEMPLATE if is_template else source
            )
            self.fields[f"t_{name}"] = forms.CharField(
                required=False,
                label=f"{label} from several columns",
                max_length=500,
                initial=source if is_template else "",
                widget=forms.TextInput(attrs={"placeholder": "{category} > {type}", "spellcheck": "false"}),
            )
        else:
            self.fields[f"f_{name}"] = forms.CharField(
                required=False,
                label=label,
                max_length=500,
                initial=source,
                widget=forms.TextInput(
                    attrs={"list": "feed-columns", "spellcheck": "false", "placeholder": "No column"}
                ),
            )

    def rows(self) -> list[dict[str, Any]]:
        """A line of the table for every field: {name, label, required, mapped, source, template}; bound fields."""
        return [
            {
                "name": name,
                "label": name.replace("_", " "),
                "required": name in REQUIRED,
                "mapped": name in self.current.fields,
                "source": self[f"f_{name}"],
                "template": self[f"t_{name}"] if self.selects else None,
            }
            for name in FIELDS
        ]

    def mapping(self) -> Mapping:
        """The chosen mapping. Raises BadInput with the name of what cannot be read."""
        if not self.is_valid():
            field, errors = next(iter(self.errors.items()))
            raise BadInput(f"{self.fields[field].label or field}: {errors[0]}")
        data = self.cleaned_data
        fields = {}
        for name in FIELDS:
            source = data[f"f_{name}"].strip()
            if source == TEMPLATE:
                source = data[f"t_{name}"].strip()
            if source:
                fields[name] = source
        options = {
            **self.current.options.model_dump(mode="json"),
            "extra_attributes": data["extra_attributes"],
            "currency": data["currency"].strip().upper(),
            "decimal": data["decimal"] or None,
            "price_divisor": data["price_divisor"],
        }
        return Mapping.from_dict(
            {
                "fields": fields,
                "attributes": _pairs(data["attributes"], "Attributes"),
                "defaults": _pairs(data["defaults"], "Defaults"),
                "options": options,
            },
            name="The columns",
        )


def _lines(pairs: dict[str, str]) -> str:
    return "\n".join(f"{name} = {value}" for name, value in pairs.items())


def _pairs(text: str, what: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not (sign and name and value):
            raise BadInput(f"{what}: “{line.strip()[:60]}” is not written as name = value.")
        found[name] = value
    return found
