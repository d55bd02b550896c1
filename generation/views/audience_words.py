"""An audience in words and small bars, as its screens print it."""

from dataclasses import dataclass
from typing import Any

from generation.campaigns import segments
from generation.campaigns.segment_values import MONTHS
from generation.campaigns.segments import Profile
from generation.models import Segment
from generation.stages.policy import QualityPolicy

PRICES = {"low": "at low prices", "middle": "at middle prices", "high": "at high prices"}
SHOWN = 3


def profile_of(segment: Segment) -> Profile:
    """The profile of a row, also one that was written before profiles had types."""
    return segments.read_loosely(segment.profile)


def sentence(profile: Profile) -> str:
    """What is typical, in one sentence; "" for a profile that says nothing about buying."""
    parts = []
    names = profile.names("categories")[:2] or profile.names("brands")[:2]
    if names:
        parts.append(f"buys {' and '.join(names)}")
    if profile.price_affinity:
        parts.append(PRICES[profile.price_affinity] if names else f"buys {PRICES[profile.price_affinity]}")
    said = " ".join(parts)
    more = [one for one in (", ".join(profile.diet[:2]), profile.household) if one]
    whole = "; ".join(part for part in (said, *more) if part)
    return f"{whole[0].upper()}{whole[1:]}." if whole else ""


def bars(profile: Profile, kind: str = "categories", limit: int = SHOWN) -> list[dict[str, Any]]:
    """Rows for `bar_chart.html`: the shares of categories or brands in per cent, most typical first."""
    found = [one for one in getattr(profile, kind) if one.share is not None]
    return [{"label": one.name, "value": _cent(one.share), "detail": "%"} for one in found[:limit]]


def months(profile: Profile) -> list[dict[str, Any]]:
    """Rows for `bar_chart.html`: the year's purchases by month, in per cent."""
    return [
        {"label": MONTHS[month - 1], "value": _cent(share), "detail": "%"}
        for month, share in sorted(profile.seasonality.items())
    ]


def facts(segment: Segment, profile: Profile, currency: str) -> list[dict[str, Any]]:
    """Everything but shares and months, as terms and values; what is about persons comes last."""
    evidence = profile.evidence
    days = f"{evidence.first_day} to {evidence.last_day}" if evidence.first_day and evidence.last_day else ""
    without = [one.name for one in profile.categories if one.share is None]
    brands = [one.name for one in profile.brands if one.share is None]
    pairs = (
        ("People", f"{segment.size:,}" if segment.size is not None else ""),
        ("Where it comes from", segment.get_source_display()),
        ("Derived from", f"{evidence.purchases:,} purchases, {days}".rstrip(", ") if evidence.purchases else ""),
        ("Categories", ", ".join(without)),
        ("Brands", ", ".join(brands)),
        ("Price level", (profile.price_affinity or "").capitalize()),
        ("Usual price", _band(profile, currency)),
        ("Usual basket", f"{profile.basket:g} {currency}" if profile.basket is not None else ""),
        ("Diet", ", ".join(profile.diet)),
        ("Household", profile.household),
        ("Part of the day", profile.part_of_day),
        ("Typical products", ", ".join(profile.products)),
        *((segments.FIELDS[name].label, getattr(profile, name)) for name in ("life_stage", "age_band", "location")),
        ("Notes", profile.notes),
        *((str(key).replace("_", " ").capitalize(), _plain(value)) for key, value in profile.other.items()),
    )
    return [{"term": term, "value": value} for term, value in pairs if value]


@dataclass(frozen=True)
class Seen:
    """What of a profile a vendor's model would see under the policy, and what stays here: labels of fields."""

    goes: list[str]
    stays: list[str]


def seen(profile: Profile, policy: QualityPolicy) -> Seen:
    there = [one for one in segments.TABLE if one.name in profile.stored()]
    return Seen(
        goes=[one.label for one in there if one.name in policy.profile_fields],
        stays=[one.label for one in there if one.name not in policy.profile_fields],
    )


def _cent(share: float) -> float:
    """Per cent, with a decimal only where it says something."""
    cent = round(share * 100, 1)
    return int(cent) if cent == int(cent) else cent


def _band(profile: Profile, currency: str) -> str:
    low, high = profile.price_from, profile.price_to
    if low is not None and high is not None:
        return f"{low:g} to {high:g} {currency}"
    if low is not None:
        return f"from {low:g} {currency}"
    return f"up to {high:g} {currency}" if high is not None else ""


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(one)}" for key, one in value.items())
    return str(value)
