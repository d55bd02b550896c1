"""What a clock on a wall says, as a moment: the two nights a year in which that is not one and the same."""

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from storefront_studio.lib.errors import BadInput


class TwiceOnTheClock(BadInput):
    """The clock shows this time twice in that night; the text says both."""


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Every zone one may choose: UTC, then the places of the tz database by name."""
    places = [
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    ]
    return ("UTC", *sorted(places))


def moment(wall: dt.datetime, zone: ZoneInfo, second: bool | None = None) -> dt.datetime:
    """The moment, in UTC, at which clocks in `zone` show `wall` (without a zone).

    `second` chooses where the clock shows it twice. Raises TwiceOnTheClock where that is open, and BadInput for a
    time that the clocks leave out.
    """
    early, late = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(dt.UTC)
    said = f"{wall:%H:%M} on {wall.day} {wall:%B %Y}"
    if early.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != wall:
        # PEP 495: in a gap, fold 0 has the offset before it; what that moment shows is the first time that exists.
        gap = (late.utcoffset() or dt.timedelta()) - (early.utcoffset() or dt.timedelta())
        after = early.astimezone(dt.UTC).astimezone(zone)
        raise BadInput(
            f"{said} does not exist in {zone.key}: clocks go forward by {_minutes(abs(gap))} that night. "
            f"Choose {after:%H:%M}, or a time before the change."
        )
    if second is None:
        raise TwiceOnTheClock(
            f"{said} comes twice in {zone.key}: clocks go back that night. "
            f"Choose the first one ({_offset(early)}) or the second ({_offset(late)})."
        )
    return (late if second else early).astimezone(dt.UTC)


def in_words(at: dt.datetime, zone: ZoneInfo) -> str:
    """24 Nov 2026, 09:00 Europe/Berlin; with the offset where the clock shows that time twice."""
    here = at.astimezone(zone)
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here.day} {here:%b %Y, %H:%M} {zone.key}" + (f" ({_offset(here)})" if twice else "")


def _offset(at: dt.datetime) -> str:
    text = f"{at:%z}"
    return f"UTC{text[:3]}:{text[3:5]}"


def _minutes(gap: dt.timedelta) -> str:
    minutes = int(gap.total_seconds() // 60)
    return f"{minutes // 60} hour{'s' if minutes >= 120 else ''}" if minutes % 60 == 0 else f"{minutes} minutes"
