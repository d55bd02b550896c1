"""The few kinds of failure, named by who can act on them.

Catch only what you can handle; the edge of a task, command or request catches the rest and records why.
"""

from decimal import Decimal


class StudioError(Exception):
    """Base of every error whose text may be shown to the person who asked."""


class BadInput(StudioError):
    """What the person gave cannot be used; the text names the thing and the way out."""


class Misconfigured(StudioError):
    """A setting, key or service is missing or contradicts another; an operator must act."""


class Transient(StudioError):
    """A service outside us failed in a way that may pass (429, 5xx, time-out); trying later is sensible."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds the other side asked us to wait, when it said so."""


class BadOutput(StudioError):
    """A model answered, but not with what was asked, and the one repair turn did not help."""


class OverBudget(StudioError):
    """The next request would pass the spending limit; nothing was sent."""

    limit: Decimal | None = None
    """USD, where whoever refused says so."""


class WrongState(StudioError):
    """The row is not in a state from which this move is possible; somebody else may have been first."""
