"""Which version of each prompt, model and rubric is in use: labels with history and author, and the gate's reports."""

import pgtrigger
from django.db import models
from django.db.models import Q

from accounts.models import Store, User


class Artefact(models.TextChoices):
    PROMPT = "prompt", "Prompt"
    MODEL = "model", "Model"
    RUBRIC = "rubric", "Rubric"


class ReleaseLabel(models.TextChoices):
    PRODUCTION = "production", "Production"
    CANDIDATE = "candidate", "Candidate"


class GateReport(models.Model):
    """A candidate replayed on frozen briefs and a frozen catalogue beside what is in production.

    queued -> running -> done | failed. `checks` holds [{name, passes, candidate, production, limit, sentence}],
    `report` everything measured, `snapshot` the hash of the catalogue it was measured on.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

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
    lease_until = models.DateTimeField(null=True)
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
        ]


@pgtrigger.register(pgtrigger.Protect(name="history", operation=pgtrigger.Update | pgtrigger.Delete))
class Release(models.Model):
    """One giving of a label to a version, by whom and why. The newest row of (store, kind, name, label) is in force."""

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
