"""Rankers that were trained from a store's events: what of, how good, and which one serves."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Store, User
from accounts.models.history import no_truncate


@pgtrigger.register(
    pgtrigger.ReadOnly(
        name="what_was_trained",
        fields=["store", "kind", "number", "trained_from", "trained_to", "log_hash", "counts", "report", "artefact"],
    ),
)
class TrainedRanker(models.Model):
    """One training: never changed afterwards but for its state. trained -> active -> retired, retired -> active.

    `number` counts the store's trainings. `report` compares it with the simpler rankers on held-out time, losses
    included. The ranker itself is in the row, not in a file: every worker on every machine reads the one database, a
    backup holds it, and activating it cannot point at what is not there. It is a few megabytes (50 neighbours a
    product), read once a process. `replaced` is what served before it, for going back.
    """

    class Kind(models.TextChoices):
        POPULARITY = "popularity", "Popularity with time decay"
        COOCCURRENCE = "cooccurrence", "Bought together"
        LAMBDAMART = "lambdamart", "LambdaMART"

    class State(models.TextChoices):
        TRAINED = "trained", "Trained"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="rankers")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.TRAINED)
    trained_from = models.DateTimeField(help_text="The first event")
    trained_to = models.DateTimeField(help_text="The last event")
    counts = models.JSONField(help_text="Events, visitors, products; what was left out")
    log_hash = models.CharField(max_length=80, help_text="Of the file of events")
    report = models.JSONField(help_text="Measured on held-out time, beside the simpler rankers")
    artefact = models.BinaryField()
    artefact_hash = models.CharField(max_length=80)
    replaced = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=160)
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True)
    activated_by = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="ranker_number_once_per_store"),
            models.UniqueConstraint(fields=["store"], condition=Q(state="active"), name="one_active_ranker_per_store"),
            models.CheckConstraint(condition=Q(state__in=["trained", "active", "retired"]), name="ranker_state_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["popularity", "cooccurrence", "lambdamart"]), name="ranker_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state="trained") | Q(activated_at__isnull=False), name="used_ranker_was_activated"
            ),
            models.CheckConstraint(
                condition=Q(trained_to__gte=models.F("trained_from")), name="ranker_trained_forwards"
            ),
        ]

    def __str__(self) -> str:
        return f"Ranker {self.number}"


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete), no_truncate())
class RankingProposal(models.Model):
    """How much the shop's score should count beside the fit, as tuned on a store's events. Never changed.

    `body` holds `generation.stages.policy.Tuning` as JSON. It serves nobody until an admin saves a policy that says the
    same; the policy's history tells when, and every run keeps the policy that it began with.
    """

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="ranking_proposals")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    report = models.JSONField(help_text="Measured on held-out time, losses included")
    counts = models.JSONField(help_text="Events, visitors, products; what was left out")
    log_hash = models.CharField(max_length=80, help_text="Of the file of events")
    author = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    author_name = models.CharField(max_length=160)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["store", "number"], name="ranking_proposal_once_per_store"),
            models.CheckConstraint(condition=Q(number__gte=1), name="ranking_proposal_from_1"),
        ]

    def __str__(self) -> str:
        return f"Ranking proposal {self.number}"
