"""The thresholds that judging goes by, as one value. `generation.models.Policy` keeps its versions and authors."""

from typing import Annotated

from pydantic import ConfigDict, Field

from generation.stages.contracts import Shape
from generation.stages.facets import BY_NAME, Level, Severity

Share = Annotated[float, Field(ge=0, le=1)]


class Tuning(Shape):
    """How much the shop's score R counts beside the fit S in R^alpha * S^beta, where that was tuned on a shop's events.

    `number` is the proposal it came from, 0 for the studio's own values. `alpha` is by kind of objective, and what it
    does not name keeps the studio's own; `weights` are those of R's signals, by kind of objective and name, likewise.
    Only alpha / beta decides the order of a row.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[int, Field(ge=0)] = 0
    alpha: dict[str, Annotated[float, Field(ge=0, le=10)]] = {}
    beta: Annotated[float, Field(ge=0, le=10)] = 1.0
    weights: dict[str, dict[str, Annotated[float, Field(ge=0, le=100)]]] = {}


class QualityPolicy(Shape):
    """Shares and probabilities are 0..1.

    `show_from`: fit from which a product is shown, and from which one may wait on the bench. `placement_floor`: mean
    fit of the shown products under which a row is dropped. `same_title` (likeness of words, 0..100), `same_meaning`
    (cosine) and `same_products` (Jaccard): from there on two rows are near-duplicates. `reject_near` and `flag_near`:
    cosine to an earlier rejection from which a theme is blocked, or flagged. `severities` overrides what failing a
    facet does, by "level.name". `settle_share` is the share of its drops that a judge may settle alone; it shrinks in
    proportion when kappa against people, over at least `labels_min` labels, is under `kappa_min`.
    `profile_fields` are the fields of a segment's profile that a vendor's model may see. `tuning` is what was tuned on
    the shop's events and activated.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int = 0
    show_from: Share = 0.7
    placement_floor: Share = 0.78
    same_title: Annotated[float, Field(ge=0, le=100)] = 88
    same_meaning: Share = 0.9
    same_products: Share = 0.5
    reject_near: Share = 0.92
    flag_near: Share = 0.8
    severities: dict[str, Severity] = {}
    settle_share: Share = 1.0
    kappa_min: Annotated[float, Field(ge=-1, le=1)] = 0.4
    labels_min: Annotated[int, Field(ge=1)] = 30
    profile_fields: list[str] = ["categories", "brands", "price_affinity", "diet", "household"]
    tuning: Tuning = Tuning()

    def severity(self, level: Level, name: str) -> Severity:
        """What failing this facet does; "drop" for a check that is no facet (a rule)."""
        given = self.severities.get(f"{level}.{name}")
        facet = BY_NAME.get((level, name))
        return given or (facet.severity if facet else "drop")
