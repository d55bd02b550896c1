"""Named days of the year, as people write them; their days come from the stages' calendar where it has them."""

import datetime as dt
import re

from generation.stages.calendar import OCCASIONS

# Name -> how it is written; one without a day is a season only.
NAMES: dict[str, str] = {
    "New Year's Eve": r"new year'?s eve|silvester",
    "New Year": r"new year'?s? day|new year'?s?",
    "Valentine's Day": r"valentine'?s?(?: day| week)?",
    "Holi": r"holi",
    "Mother's Day": r"mother'?s'? day",
    "Father's Day": r"father'?s'? day",
    "Easter": r"easter(?: sunday| weekend)?",
    "Ramadan": r"ramadan|ramzan",
    "Eid al-Fitr": r"eid(?:[- ]al[- ]fitr|[- ]ul[- ]fitr)?",
    "Halloween": r"halloween",
    "Navratri": r"navratri",
    "Diwali": r"diwali|deepavali",
    "Thanksgiving": r"thanksgiving",
    "Black Friday": r"black friday(?: week)?",
    "Cyber Monday": r"cyber monday",
    "Saint Nicholas": r"(?:saint|st\.?) nicholas",
    "Christmas Eve": r"christmas eve",
    "Christmas": r"christmas(?: day)?|xmas",
    "Hanukkah": r"hanukk?ah|chanukah",
    "Lunar New Year": r"(?:lunar|chinese) new year",
    "Carnival": r"carnival",
}
_ORDER = sorted(NAMES, key=lambda name: -len(name))
PATTERN = r"(?:" + "|".join(NAMES[name] for name in _ORDER) + r")\b"
_FIXED = {
    "New Year": (1, 1),
    "Saint Nicholas": (12, 6),
    "Christmas Eve": (12, 24),
}
# Days by calendars that follow the moon: as published for India (Holi, first day of Navratri), and by astronomical
# reckoning (first days of Ramadan and Hanukkah). Sighting may move Ramadan by a day.
_LISTED: dict[str, tuple[str, ...]] = {
    "Holi": ("2025-03-14", "2026-03-04", "2027-03-22", "2028-03-11", "2029-03-01", "2030-03-20"),
    "Navratri": ("2025-09-22", "2026-10-11", "2027-09-30", "2028-09-19", "2029-10-08", "2030-09-28"),
    "Ramadan": ("2025-03-01", "2026-02-18", "2027-02-08", "2028-01-28", "2029-01-16", "2030-01-06"),
    "Hanukkah": ("2025-12-14", "2026-12-04", "2027-12-24", "2028-12-12", "2029-12-01", "2030-12-20"),
}
_KNOWN = {occasion.name: occasion.on for occasion in OCCASIONS}
_OBVIOUS = frozenset([*_FIXED, "Christmas", "New Year's Eve", "Valentine's Day", "Halloween"])


def named(text: str, today: dt.date) -> tuple[str, dt.date | None]:
    """The feast that folded `text` names, and the next day of it that is not over; None where that is not known."""
    feast = next((name for name in _ORDER if re.fullmatch(NAMES[name], text)), "")
    days = [day for year in (today.year, today.year + 1) if (day := _in(feast, year)) and day >= today]
    return feast, min(days, default=None)


def note(feast: str, day: dt.date) -> str:
    """Which day was meant, where that is not obvious."""
    return "" if feast in _OBVIOUS else f"{feast} is on {day:%-d %b %Y}."


def _in(feast: str, year: int) -> dt.date | None:
    if feast in _KNOWN:
        return _KNOWN[feast](year)
    if feast in _FIXED:
        return dt.date(year, *_FIXED[feast])
    if feast == "Cyber Monday":
        friday = _KNOWN["Black Friday"](year)
        return friday + dt.timedelta(days=3) if friday else None
    days = map(dt.date.fromisoformat, _LISTED.get(feast, ()))
    return next((day for day in days if day.year == year), None)
