"""What a page shows when: its base, and the windows of its schedules on top. Pure; the clock is an argument."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Window(NamedTuple):
    """A schedule that may run: from `start` up to, not including, `end`; without an end for good."""

    schedule: int
    version: int
    start: dt.datetime
    end: dt.datetime | None

    def covers(self, at: dt.datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


class Timeline(NamedTuple):
    """`base` is the pk of the version that the page shows when no window covers the moment; None shows nothing."""

    base: int | None
    windows: tuple[Window, ...] = ()

    def window(self, at: dt.datetime) -> Window | None:
        """The one that rules at this moment: of those that cover it, the one that starts last."""
        return max(
            (one for one in self.windows if one.covers(at)), key=lambda one: (one.start, one.schedule), default=None
        )

    def version(self, at: dt.datetime) -> int | None:
        """Pk of the version shown at this moment."""
        window = self.window(at)
        return window.version if window else self.base

    def next_change(self, at: dt.datetime) -> dt.datetime | None:
        """The first moment after `at` at which another version may come."""
        return next(iter(moments(self.windows, at, None)), None)

    def with_window(self, window: Window) -> "Timeline":
        """As it would be with `window`, in the place of the one of the same schedule if there is one."""
        return Timeline(self.base, (*(one for one in self.windows if one.schedule != window.schedule), window))


class Stretch(NamedTuple):
    """From `start` up to `end` (None: for good) the page shows `version`, by `window` or, without one, by its base."""

    start: dt.datetime
    end: dt.datetime | None
    version: int | None
    window: Window | None


def moments(windows: Iterable[Window], after: dt.datetime, until: dt.datetime | None) -> list[dt.datetime]:
    """Every start and end after `after` and not past `until`, in order."""
    found = {moment for one in windows for moment in (one.start, one.end) if moment is not None and moment > after}
    return sorted(moment for moment in found if until is None or moment <= until)


def stretches(timeline: Timeline, since: dt.datetime, until: dt.datetime | None) -> list[Stretch]:
    """What the page shows from `since` on, without a gap; neighbours differ in version or in what brings it."""
    edges = [since, *(moment for moment in moments(timeline.windows, since, until) if moment != until)]
    found: list[Stretch] = []
    for place, start in enumerate(edges):
        end = edges[place + 1] if place + 1 < len(edges) else until
        window = timeline.window(start)
        version = window.version if window else timeline.base
        if found and (found[-1].version, found[-1].window) == (version, window):
            found[-1] = found[-1]._replace(end=end)
        else:
            found.append(Stretch(start, end, version, window))
    return found


def overlaps(windows: Sequence[Window]) -> list[tuple[Window, Window]]:
    """Pairs that run at the same time, the one that is covered first and the one that covers it second."""
    ordered = sorted(windows, key=lambda one: (one.start, one.schedule))
    return [
        (under, over)
        for place, under in enumerate(ordered)
        for over in ordered[place + 1 :]
        if under.end is None or over.start < under.end
    ]
