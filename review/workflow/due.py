"""By when a row wants a decision: some days before its campaign starts, so that there is time to publish."""

import datetime as dt

LEAD = dt.timedelta(days=2)
"""What stands between the last decision and the start of a campaign: publishing, and a look at the page as it is."""


def due_on(starts_on: dt.date | None) -> dt.date | None:
    """The day of the decision; None for a campaign without a start."""
    return None if starts_on is None else starts_on - LEAD


def words(starts_on: dt.date | None, today: dt.date) -> str:
    """ "due tomorrow", "2 days overdue", "due on 24 Nov"; empty where nothing is due."""
    day = due_on(starts_on)
    if day is None:
        return ""
    days = (day - today).days
    if days < 0:
        return "1 day overdue" if days == -1 else f"{-days} days overdue"
    if days < 2:
        return "due tomorrow" if days else "due today"
    if days < 7:
        return f"due in {days} days"
    return f"due on {day.day} {day:%b}" + ("" if day.year == today.year else f" {day.year}")


def tone(starts_on: dt.date | None, today: dt.date) -> str:
    """How the words are coloured: danger when it is late, warning when it is due by tomorrow."""
    day = due_on(starts_on)
    if day is None or (day - today).days > 1:
        return ""
    return "danger" if day < today else "warning"
