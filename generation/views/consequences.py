"""The right side of the campaign brief: what the catalogue can do under these constraints, and what a run would use."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from accounts.models import Store
from generation import kit, releases, selectors
from generation.campaigns import feasibility
from generation.campaigns.constraints import Constraints
from generation.campaigns.feasibility import Feasibility, RuleCount
from generation.forms.campaign import CampaignForm
from generation.models import Campaign
from generation.selectors import CatalogueState
from storefront_studio.lib.errors import Misconfigured


@dataclass(frozen=True)
class Consequences:
    """`problems` are constraints that were left out of the count because they are not right yet."""

    able: Feasibility
    catalogue: CatalogueState
    generator: str
    estimate: str
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


def of_form(form: CampaignForm) -> Consequences:
    """For a posted form, valid or not; answers with an error are left out."""
    form.is_valid()
    fresh = Campaign()
    return _measure(
        form.store,
        form.constraints(),
        form.cleaned_data.get("placements") or fresh.placements,
        form.cleaned_data.get("products") or fresh.products,
        form.constraint_problems(),
    )


def of_campaign(campaign: Campaign) -> Consequences:
    limits = Constraints.model_validate(campaign.constraints)
    return _measure(campaign.store, limits, campaign.placements, campaign.products, [])


def _measure(store: Store, limits: Constraints, placements: int, products: int, problems: list[str]) -> Consequences:
    able = feasibility.measure(store, limits, placements, products, timezone.localdate())
    label = estimate = misconfigured = ""
    try:
        name, label = kit.generator_label(releases.in_force(store).generator)
        limit = f"spending stops at {settings.RUN_BUDGET_USD} USD"
        estimate = "no model cost" if name == "library" else limit
    except Misconfigured as error:
        misconfigured = str(error)
    return Consequences(able, selectors.catalogue_state(store), label, estimate, misconfigured, problems)
