"""The right side of the campaign brief: what the catalogue can do under these constraints, and what a run would use."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from accounts.models import Store
from generation import estimate, kit, selectors
from generation.campaigns import feasibility
from generation.campaigns.constraints import Constraints
from generation.campaigns.feasibility import Feasibility, RuleCount
from generation.estimate import Estimate
from generation.forms.campaign import CampaignForm
from generation.models import Campaign
from generation.registry import releases
from generation.selectors import CatalogueState


@dataclass(frozen=True)
class Consequences:
    """`problems` are constraints that were left out of the count because they are not right yet. `estimate` is None
    while the generator is `misconfigured`."""

    able: Feasibility
    catalogue: CatalogueState
    generator: str
    estimate: Estimate | None
    misconfigured: str
    problems: list[str]

    @property
    def tightest(self) -> RuleCount | None:
        return next((rule for rule in self.able.rules if rule.name == self.able.tightest), None)

    @property
    def blocked(self) -> str:
        """Why nothing can be generated now; empty when it can."""
        if self.misconfigured:
            return self.misconfigured
        return "" if self.able.feasible else self.able.sentence

    @property
    def cap(self) -> str:
        """Where a run stops spending, whatever was estimated; empty when none spends."""
        return f"A run stops at {settings.RUN_BUDGET_USD} USD." if self.estimate and self.estimate.stages else ""

    @property
    def preparing(self) -> str:
        """What of the catalogue is not ready yet, and what that means; empty when all of it is."""
        state = self.catalogue
        if not state.products:
            return ""
        if state.importing:
            return (
                f"{state.importing.file_name} is still being imported: {state.importing.rows_read:,} rows so far. "
                "The counts rise while it runs."
            )
        if state.waiting:
            return (
                f"{state.waiting:,} of {state.products:,} products are still being embedded. "
                "A run started now may not find them."
            )
        return "" if state.keywords else "The keywords of this catalogue are still being collected."


def of_form(form: CampaignForm, campaign: Campaign | None = None) -> Consequences:
    """For a posted form of `campaign`, valid or not; answers with an error are left out."""
    form.is_valid()
    fresh = Campaign()
    return _measure(
        form.store,
        form.constraints(),
        form.cleaned_data.get("placements") or fresh.placements,
        form.cleaned_data.get("products") or fresh.products,
        form.constraint_problems(),
        _own_rows(campaign) if campaign else 0,
    )


def of_campaign(campaign: Campaign) -> Consequences:
    limits = Constraints.model_validate(campaign.constraints)
    return _measure(campaign.store, limits, campaign.placements, campaign.products, [], _own_rows(campaign))


def _own_rows(campaign: Campaign) -> int:
    """Rows that the shop wrote itself: a run does not make those."""
    return campaign.static_placements.count() if campaign.pk else 0


def _measure(
    store: Store, limits: Constraints, placements: int, products: int, problems: list[str], own_rows: int
) -> Consequences:
    able = feasibility.measure(store, limits, placements, products, timezone.localdate())
    foreseen, misconfigured = estimate.of_model(store, max(placements - own_rows, 1), products)
    label = ""
    if foreseen is not None:
        _name, label = kit.generator_label(releases.in_force(store).generator)
    return Consequences(able, selectors.catalogue_state(store), label, foreseen, misconfigured, problems)
