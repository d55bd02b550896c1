"""Which version of each prompt, model and rubric is in use: labels with history and author, and the gate's reports."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Store, User
from accounts.models.history import no_truncate


class Artefact(models.TextChoices):
    PROMPT = "prompt", "Prompt"
    MODEL = "model", "Model"
    RUBRIC = "rubric", "Rubric"


class ReleaseLabel(models.TextChoices):
    PRODUCTION = "production", "Production"
    CANDIDATE = "candidate", "Candidate"


@pgtrigger.register(
    pgtrigger.Protect(
        name="ended_stays", operation=pgtrigger.Update, condition=pgtrigger.Q(old__status__in=["done", "failed"])
    ),
    pgtrigger.ReadOnly(
        name="what_is_measured", fields=["store", "kind", "name", "candidate", "production", "snapshot", "briefs"]
    ),
)
class GateReport(models.Model):
    """A candidate replayed on frozen briefs and a frozen catalogue beside what is in production.

    queued -> running -> done | failed, and running -> queued when its worker was lost. `checks` holds [{name, passes,
    gating, candidate, production, limit, sentence}], `report` everything measured, what was replayed and the pages that
    are done so far; `snapshot` is the hash of the catalogue it was measured on. One that ended is never changed: the
    database refuses it.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    OPEN = (Status.QUEUED, Status.RUNNING)

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="gate_reports")
    kind = models.CharField(max_length=10, choices=Artefact.choices)
    name = models.CharField(max_length=60, help_text="themes, keywords, judge, evaluator, ...")
    candidate = models.CharField(max_length=120)
    production = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    passed = models.BooleanField(null=True)
    snapshot = models.CharField(max_length=80, blank=True)
    briefs = models.PositiveIntegerField(null=True)
    checks = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True, help_text="A vendor asked us to wait until then.")
    requested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["queued", "running", "done", "failed"]), name="gate_status_known"
            ),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(passed__isnull=False), name="done_gate_has_a_verdict"
            ),
            models.UniqueConstraint(
                fields=["store", "kind", "name"],
                condition=Q(status__in=["queued", "running"]),
                name="one_open_gate_per_thing",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN


NO_PASSED_GATE = """
    IF NEW.label = 'production' AND NEW.gate_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM generation_gatereport g
        WHERE g.id = NEW.gate_id AND g.store_id = NEW.store_id AND g.kind = NEW.kind AND g.name = NEW.name
          AND g.candidate = NEW.version AND g.status = 'done' AND g.passed
    ) THEN
        RAISE EXCEPTION 'the gate named did not pass for this version';
    END IF;
    IF NEW.label = 'production' AND NEW.gate_id IS NULL AND NOT EXISTS (
        SELECT 1 FROM generation_release r LEFT JOIN generation_gatereport g ON g.id = r.gate_id
        WHERE r.store_id = NEW.store_id AND r.kind = NEW.kind AND r.name = NEW.name AND r.label = 'production'
          AND (r.version = NEW.version OR g.production = NEW.version)
    ) THEN
        RAISE EXCEPTION 'this version was never in production and has no passed gate';
    END IF;
    RETURN NEW;
"""


@pgtrigger.register(
    pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete),
    no_truncate(),
    pgtrigger.Trigger(
        name="gate_before_production", operation=pgtrigger.Insert, when=pgtrigger.Before, func=NO_PASSED_GATE
    ),
)
class Release(models.Model):
    """One giving of a label to a version, by whom and why. The newest row of (store, kind, name, label) is in force.

    Production needs the gate that passed, or is a version that was in production before; the database checks it.
    """

    store = models.ForeignKey(Store, on_delete=models.DO_NOTHING, related_name="releases")
    kind = models.CharField(max_length=10, choices=Artefact.choices)
    name = models.CharField(max_length=60)
    version = models.CharField(max_length=120)
    label = models.CharField(max_length=12, choices=ReleaseLabel.choices)
    note = models.CharField(max_length=500, blank=True)
    gate = models.ForeignKey(GateReport, null=True, on_delete=models.DO_NOTHING, related_name="releases")
    author = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+")
    author_name = models.CharField(max_length=160)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["store", "kind", "name", "label", "-id"], name="release_newest")]
