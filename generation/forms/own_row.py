"""One of the shop's own rows as a form; its products are hidden fields in order, moved by buttons."""

from typing import Any

from django import forms

from generation.campaigns.static_rows import MOST
from generation.models import Campaign, StaticPlacement
from generation.stages.judging.rules import LONGEST_SUBTITLE, LONGEST_TITLE

ACTS = r"^(add|out|up|down):.{1,128}$|^search$"


class OwnRowForm(forms.Form):
    """What `static_rows.add` and `change` take. `seen` is the moment at which the person loaded the row."""

    title = forms.CharField(
        label="Title",
        max_length=LONGEST_TITLE,
        help_text="What shoppers read above the products.",
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    subtitle = forms.CharField(
        label="Subtitle",
        required=False,
        max_length=LONGEST_SUBTITLE,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    position = forms.TypedChoiceField(label="Place on the page", coerce=int)
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args: Any, campaign: Campaign, row: StaticPlacement | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = {
            one.position: one.title for one in campaign.static_placements.all() if row is None or one.pk != row.pk
        }
        self.fields["position"].choices = [  # type: ignore[attr-defined]
            (place, f"{place}: taken by “{others[place][:40]}”" if place in others else str(place))
            for place in range(1, campaign.placements + 1)
        ]


def start_values(campaign: Campaign, row: StaticPlacement | None) -> dict[str, Any]:
    """The form's first values: the row's own, or the first free place of the page."""
    if row is not None:
        return {
            "title": row.title,
            "subtitle": row.subtitle,
            "position": row.position,
            "seen": row.updated_at.isoformat(),
        }
    held = set(campaign.static_placements.values_list("position", flat=True))
    free = [place for place in range(1, campaign.placements + 1) if place not in held]
    return {"position": free[0] if free else 1}


def moved(item_ids: list[str], act: str) -> list[str]:
    """The products after one button: "add:ID", "out:ID", "up:ID", "down:ID"; anything else changes nothing."""
    verb, _, item_id = act.partition(":")
    ids = list(item_ids)
    if verb == "add" and item_id and item_id not in ids and len(ids) < MOST:
        ids.append(item_id)
    elif item_id in ids and verb == "out":
        ids.remove(item_id)
    elif item_id in ids and verb in ("up", "down"):
        at = ids.index(item_id)
        to = at - 1 if verb == "up" else at + 1
        if 0 <= to < len(ids):
            ids[at], ids[to] = ids[to], ids[at]
    return ids
