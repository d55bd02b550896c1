"""What people write on the screens of publishing, as values."""

import datetime as dt
from typing import Any

from django import forms

from review.publishing.clock import TwiceOnTheClock, moment
from storefront_studio.lib.errors import BadInput

SECOND = {"first": False, "second": True}


class WallField(forms.Field):
    """What a clock on the wall shows, without a zone, to the minute."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> dt.datetime | None:
        if not value or isinstance(value, dt.datetime):
            return value or None
        try:
            return dt.datetime.fromisoformat(str(value)[:16]).replace(tzinfo=None)
        except ValueError:
            raise forms.ValidationError("Write a date and a time, such as 2026-11-24 09:00.") from None


class ScheduleForm(forms.Form):
    """Start and end as the store's clocks show them; `starts_at` and `ends_at` are the moments meant.

    Where the clocks show a time twice, `starts_twice` or `ends_twice` asks which; they are not there otherwise.
    """

    starts = WallField(label="Start", error_messages={"required": "Choose when it starts."})
    ends = WallField(
        label="End", required=False, help_text="Leave it empty to keep the page until something else is published."
    )

    def __init__(self, *args: Any, zone: Any, running: dt.datetime | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.running = zone, running
        self.starts_at: dt.datetime | None = running
        self.ends_at: dt.datetime | None = None
        if running:
            del self.fields["starts"]
        for name in ("starts", "ends"):
            if self.data.get(f"{name}_twice"):
                self._ask(name)

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        for name in ("starts", "ends"):
            wall = given.get(name)
            if wall is not None:
                setattr(self, f"{name}_at", self._moment(name, wall))
        return given

    def _moment(self, name: str, wall: dt.datetime) -> dt.datetime | None:
        try:
            return moment(wall, self.zone, SECOND.get(self.data.get(f"{name}_twice", "")))
        except TwiceOnTheClock as error:
            self._ask(name)
            self.add_error(name, str(error))
        except (BadInput, OverflowError) as error:
            self.add_error(name, str(error) if isinstance(error, BadInput) else "Choose a year of this century.")
        return None

    def _ask(self, name: str) -> None:
        self.fields[f"{name}_twice"] = forms.ChoiceField(
            label="Which of the two",
            choices=[("first", "The first, before the clocks go back"), ("second", "The second, after it")],
            widget=forms.RadioSelect,
            required=False,
        )


def wall(at: dt.datetime | None, zone: Any) -> str:
    """A moment as a datetime-local field wants it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if at else ""
