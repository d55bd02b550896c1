"""What judges are asked, level by level: binary facets, each with its question and what failing it does by default."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["page", "placement", "product"]
Severity = Literal["drop", "review", "pass"]
"""What failing a facet does: drop the thing, send it to people with a flag, or only say so."""


@dataclass(frozen=True)
class Facet:
    """One yes-or-no question. `name` is stable, for records and labels; `label` is for screens. `safety`: any juror
    who says no is heard, whatever the others say."""

    level: Level
    name: str
    label: str
    question: str
    severity: Severity
    safety: bool = False


FACETS: tuple[Facet, ...] = (
    Facet("product", "fits_title", "Fits the title", "Is the product what the title announces?", "drop"),
    Facet("product", "fits_objective", "Fits the objective", "Does the product serve the objective?", "drop"),
    Facet("product", "safe", "Safe", "Is it free of anything unsafe or insensitive here?", "drop", safety=True),
    Facet("placement", "title_good", "Title good and on brand", "Is the title clear, honest and in the voice?", "drop"),
    Facet("placement", "safe", "Safe", "Is the wording free of anything insulting or unsafe?", "drop", safety=True),
    Facet("placement", "fits_segment", "Fits the audience", "Does the theme fit the audience?", "review"),
    Facet("placement", "coherent", "Products belong together", "Would a shopper see one idea?", "drop"),
    Facet("placement", "keywords_fit", "Keywords fit", "Do the keywords mean what the title says?", "review"),
    Facet("page", "cohesive", "Hangs together", "Do the rows belong on one page?", "review"),
    Facet("page", "diverse", "Diverse", "Do the rows differ in what they would sell?", "review"),
    Facet("page", "objective_covered", "Objective covered", "Do the rows together serve the objective?", "review"),
    Facet("page", "constraints_held", "Constraints held", "Does every row hold every constraint?", "drop"),
)
BY_NAME: dict[tuple[str, str], Facet] = {(facet.level, facet.name): facet for facet in FACETS}


def of(level: Level) -> tuple[Facet, ...]:
    """The facets of one level, in the order they are shown."""
    return tuple(facet for facet in FACETS if facet.level == level)
