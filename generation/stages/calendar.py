"""What time of the year it is where the shop sells: season, and occasions that people shop for.

The country of a store is not known, its currency is. A currency tells the hemisphere well enough, and for which
occasions a shop may plan; one that says neither (the euro aside, which is northern) leaves the fact out.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

AHEAD = 30  # days in which an occasion is near enough to plan for
SEASONS = ("winter", "spring", "summer", "autumn")
SOUTHERN = frozenset({"AUD", "NZD", "ZAR", "ARS", "CLP", "UYU", "PYG", "BWP", "NAD", "LSL", "SZL"})
NO_FOUR_SEASONS = frozenset(
    {"SGD", "MYR", "IDR", "PHP", "THB", "VND", "KES", "TZS", "UGX", "NGN", "GHS", "COP", "PEN", "BRL", "LKR", "INR"}
)
"""Tropical and monsoon countries, and those that reach across both."""


def season(day: dt.date, currency: str) -> str:
    """The meteorological season where `currency` is used; "" where there are no four, or nobody knows."""
    if len(currency) != 3 or currency in NO_FOUR_SEASONS:
        return ""
    quarter = day.month % 12 // 3
    return SEASONS[(quarter + 2) % 4 if currency in SOUTHERN else quarter]


@dataclass(frozen=True)
class Occasion:
    """A day that people shop for. `currencies`: where it is kept; None is everywhere."""

    name: str
    on: Callable[[int], dt.date | None]
    currencies: frozenset[str] | None = None


def upcoming(day: dt.date, currency: str, ahead: int = AHEAD) -> list[tuple[str, int]]:
    """Occasions from `day` on, with the days until then, nearest first."""
    found = []
    for occasion in OCCASIONS:
        if occasion.currencies is not None and currency not in occasion.currencies:
            continue
        for year in (day.year, day.year + 1):
            then = occasion.on(year)
            if then and 0 <= (then - day).days <= ahead:
                found.append((occasion.name, (then - day).days))
    return sorted(found, key=lambda one: (one[1], one[0]))


def easter(year: int) -> dt.date:
    """Easter Sunday of the western churches (the Meeus/Jones/Butcher algorithm)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, before = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, before + 1)


def _fixed(month: int, day: int) -> Callable[[int], dt.date | None]:
    return lambda year: dt.date(year, month, day)


def _nth(month: int, weekday: int, nth: int, plus: int = 0) -> Callable[[int], dt.date | None]:
    """The `nth` weekday (Monday 0) of a month, and `plus` days."""

    def on(year: int) -> dt.date:
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1) + plus)

    return on


def _after_easter(days: int) -> Callable[[int], dt.date | None]:
    return lambda year: easter(year) + dt.timedelta(days=days)


def _listed(*days: str) -> Callable[[int], dt.date | None]:
    """Days of lunar calendars, as announced or computed; a year that is not listed has none."""
    by_year = {day.year: day for day in map(dt.date.fromisoformat, days)}
    return by_year.get


_WEST = frozenset({"USD", "EUR", "GBP", "CAD", "AUD", "NZD", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON"})
_EASTER = _WEST | {"ZAR", "BRL", "MXN", "ARS", "CLP", "COP", "PEN", "PHP"}
_MAY = frozenset({"USD", "CAD", "AUD", "NZD", "CHF", "ZAR", "INR", "BRL", "DKK", "CZK"})
_JUNE = frozenset({"USD", "GBP", "CAD", "INR", "ZAR", "MXN", "ARS", "CLP"})

OCCASIONS: tuple[Occasion, ...] = (
    Occasion("New Year's Eve", _fixed(12, 31)),
    Occasion("Valentine's Day", _fixed(2, 14)),
    Occasion("Christmas", _fixed(12, 25)),
    Occasion("Black Friday", _nth(11, 3, 4, plus=1)),
    Occasion("Easter", _after_easter(0), _EASTER),
    Occasion("Halloween", _fixed(10, 31), _WEST),
    Occasion("Mother's Day", _nth(5, 6, 2), _MAY),
    Occasion("Mothering Sunday", _after_easter(-21), frozenset({"GBP"})),
    Occasion("Father's Day", _nth(6, 6, 3), _JUNE),
    Occasion("Independence Day", _fixed(7, 4), frozenset({"USD"})),
    Occasion("Thanksgiving", _nth(11, 3, 4), frozenset({"USD"})),
    Occasion("Back to school", _fixed(9, 1), frozenset({"USD", "EUR", "GBP", "CAD", "CHF", "PLN", "CZK"})),
    Occasion(
        "Diwali",
        _listed("2025-10-20", "2026-11-08", "2027-10-29", "2028-10-17", "2029-11-05", "2030-10-26"),
        frozenset({"INR", "NPR", "LKR", "MUR"}),
    ),
    Occasion(
        "Lunar New Year",
        _listed("2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03"),
        frozenset({"CNY", "HKD", "TWD", "SGD", "MYR", "VND", "KRW"}),
    ),
    Occasion(
        "Eid al-Fitr",
        _listed("2026-03-20", "2027-03-10", "2028-02-27", "2029-02-15", "2030-02-05"),
        frozenset({"AED", "SAR", "QAR", "KWD", "PKR", "IDR", "MYR", "TRY", "EGP", "MAD", "BDT"}),
    ),
)
