"""Form fields that several campaign answers share."""

from collections.abc import Sequence
from typing import Any

from django import forms


class Slider(forms.NumberInput):
    """A whole number by a slider; `min_value` and `max_value` of the field are its ends."""

    input_type = "range"


class ChipsField(forms.CharField):
    """Several short texts in one input, as chips; `separator` stands between them when scripts are off.

    Categories and brands contain commas, so theirs is a bar. Cleans to a list without repetitions.
    """

    def __init__(self, *, separator: str = ",", suggest: str = "", longest: int = 750, **kwargs: Any) -> None:
        self.separator, self.longest = separator, longest
        attrs = {"data-chips": True, "data-chips-separator": separator, "dir": "auto", "autocomplete": "off"}
        if suggest:
            attrs["data-chips-suggest"] = suggest
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(required=False, max_length=20_000, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        joined = ", " if self.separator == "," else f" {self.separator} "
        return joined.join(value) if isinstance(value, Sequence) and not isinstance(value, str) else value

    def clean(self, value: Any) -> list[str]:
        """The texts; raises ValidationError for one that is too long."""
        text = super().clean(value)
        parts = list(dict.fromkeys(part.strip() for part in text.split(self.separator) if part.strip()))
        for part in parts:
            if len(part) > self.longest:
                raise forms.ValidationError(f"“{part[:40]}…” is longer than {self.longest} characters.")
        return parts
