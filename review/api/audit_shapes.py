"""What the audit's endpoints take and give."""

from typing import Any

from rest_framework import serializers

from accounts.models import AuditEntry
from review.models import By, Placement, ReasonCode, TurnedDown

Shape = serializers.Serializer[Any]


class TrailQuery(Shape):
    action = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=60, help_text="Or its beginning: “placement.”"
    )
    subject = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=80, help_text="“placement:12”"
    )
    actor = serializers.EmailField(required=False, help_text="E-mail address of the person")
    q = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=200, help_text="Beginnings of words of the summary"
    )
    since = serializers.DateTimeField(required=False, default=None, help_text="From then on")
    until = serializers.DateTimeField(required=False, default=None, help_text="Before then")


class TrailFileQuery(TrailQuery):
    file = serializers.ChoiceField(["csv", "json"], required=False, default="csv", help_text="Kind of file to export")


class TrailOut(serializers.ModelSerializer[AuditEntry]):
    actor = serializers.CharField(source="actor_name")
    old = serializers.JSONField(allow_null=True, help_text="Only what changed")
    new = serializers.JSONField(allow_null=True, help_text="Only what changed")

    class Meta:
        model = AuditEntry
        fields = [
            *("id", "action", "subject", "summary", "actor", "old", "new", "through", "address", "agent", "created_at")
        ]


class RejectedQuery(Shape):
    by = serializers.ChoiceField(["rule", "judge", "memory", "person"], required=False, default="")
    why = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=120, help_text="A facet or a reason code"
    )
    q = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=200,
        help_text="Beginnings of words of title, reason or note",
    )
    judge = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=120, help_text="A rule or judge with its version"
    )
    person = serializers.EmailField(required=False, default="", help_text="E-mail address of who rejected")
    prompt = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=80, help_text="Planning prompt: “themes v2”"
    )
    campaign = serializers.SlugField(required=False, default="", max_length=80)
    since = serializers.DateField(required=False, default=None, help_text="From this day on, in UTC")
    until = serializers.DateField(required=False, default=None, help_text="Up to this day, in UTC")


class RejectedFileQuery(RejectedQuery):
    file = serializers.ChoiceField(["csv", "json"], required=False, default="csv", help_text="Kind of file to export")


class RejectedOut(serializers.ModelSerializer[TurnedDown]):
    id = serializers.CharField(source="placement_id")
    run = serializers.IntegerField(source="run_id")
    campaign = serializers.CharField(source="campaign.slug")
    subtitle = serializers.CharField(source="placement.subtitle", allow_blank=True)
    status = serializers.ChoiceField(Placement.Status.choices, source="placement.status")
    by = serializers.ChoiceField(["rule", "judge", "memory", "person"])
    why = serializers.CharField(allow_blank=True)
    reason = serializers.SerializerMethodField()
    dropped_by = serializers.CharField(source="judge", allow_blank=True)
    person = serializers.CharField(allow_null=True, help_text="Name of who rejected")
    prompt = serializers.CharField(allow_blank=True, help_text="Planning prompt with its version")
    score = serializers.FloatField(source="placement.score", allow_null=True)
    revision = serializers.IntegerField(source="placement.revision")
    updated_at = serializers.DateTimeField(source="at", help_text="When it was turned down")

    class Meta:
        model = TurnedDown
        fields = [
            "id",
            "run",
            "campaign",
            "title",
            "subtitle",
            "status",
            "by",
            "why",
            "reason",
            "dropped_by",
            "person",
            "prompt",
            "score",
            "revision",
            "updated_at",
        ]

    def get_reason(self, row: TurnedDown) -> str:
        """In words: what the rule or judge said, or the person's reason with the note."""
        if row.by != By.PERSON or row.why not in ReasonCode.values:
            return row.reason
        return ": ".join(filter(None, [ReasonCode(row.why).label, row.reason]))
