"""What somebody asked the queue for: a filter that lives in the address, survives a reload and can be kept by name."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q

from accounts.models import User
from generation.stages.facets import FACETS
from review.models import Placement
from review.workflow import claims, due, risk

Status = Placement.Status
STATES = {"": "Waiting", "changes_requested": "Changes requested", "approved": "Approved"}
RISKS = {"": "Any risk", "high": "High", "medium": "Medium", "low": "Low"}
DUES = {"": "Any time", "late": "Overdue", "tomorrow": "Due by tomorrow", "week": "Due in 7 days", "none": "Not due"}
WHOSE = {"": "Anybody’s", "mine": "I am at it", "free": "Nobody is at it", "able": "I may approve it"}
FLAGGED = {"": "Flagged or not", "any": "Flagged"} | {one.name: one.label for one in FACETS}
NUMBER = 18  # digits of the largest number that is looked up


@dataclass(frozen=True)
class Asked:
    """Empty fields ask for nothing. `campaign` is a primary key, as text; `page` the page of the shop."""

    state: str = ""
    campaign: str = ""
    page: str = ""
    risk: str = ""
    flag: str = ""
    due: str = ""
    whose: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "Asked":
        """From an address. What does not exist is not asked for."""
        known = {"state": STATES, "risk": RISKS, "flag": FLAGGED, "due": DUES, "whose": WHOSE}
        values = {one.name: str(given.get(one.name, "")) for one in fields(cls)}
        kept = {name: value for name, value in values.items() if name not in known or value in known[name]}
        if not (values["campaign"].isascii() and values["campaign"].isdigit() and len(values["campaign"]) <= NUMBER):
            kept["campaign"] = ""
        kept["page"] = values["page"][:80].replace("\0", "")
        return cls(**kept)

    @classmethod
    def parse(cls, query: str) -> "Asked":
        return cls.read(dict(parse_qsl(query)))

    @property
    def query(self) -> str:
        """As it stands in the address; the same filter always reads the same."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def without(self, name: str) -> "Asked":
        return Asked(**{**asdict(self), name: ""})

    @property
    def status(self) -> str:
        return self.state or Status.WAITING

    def condition(self, person: User, today: dt.date) -> Q:
        """On placements of a store in force, the status apart."""
        found = Q()
        if self.campaign:
            found &= Q(draft__campaign=int(self.campaign))
        if self.page:
            found &= Q(draft__page=self.page)
        if self.flag:
            found &= ~Q(flags=[]) if self.flag == "any" else Q(flags__contains=[{"facet": self.flag}])
        return found & self._risk() & self._due(today) & self._whose(person)

    def _risk(self) -> Q:
        above = {"high": risk.HIGH, "medium": risk.MEDIUM}.get(self.risk)
        below = {"medium": risk.HIGH, "low": risk.MEDIUM}.get(self.risk)
        found = Q() if above is None else Q(risk__gte=above)
        return found if below is None else found & Q(risk__lt=below)

    def _due(self, today: dt.date) -> Q:
        start = "draft__campaign__starts_on"
        if self.due == "none":
            return Q(**{f"{start}__isnull": True})
        days = {"late": -1, "tomorrow": 1, "week": 7}.get(self.due)
        return Q() if days is None else Q(**{f"{start}__lte": today + due.LEAD + dt.timedelta(days=days)})

    def _whose(self, person: User) -> Q:
        if self.whose == "mine":
            return claims.live() & Q(claim__person=person)
        if self.whose == "free":
            return ~(claims.live() & Q(claim__isnull=False)) | Q(claim__person=person)
        return ~own(person) if self.whose == "able" else Q()


def own(person: User) -> Q:
    """The condition that four eyes keep `person` from approving: they started the run that made the row. Of a row that
    was kept twice over, `review.policies.is_own_generation` knows when it is decided on."""
    made = Q(kept_from=None, draft__run__requested_by=person) | Q(kept_from__draft__run__requested_by=person)
    return Q(store__four_eyes=True) & made
