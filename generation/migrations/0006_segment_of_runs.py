"""Runs made before they had a segment of their own take their campaign's."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def take_campaigns(apps, schema_editor):
    Run = apps.get_model("generation", "Run")
    Campaign = apps.get_model("generation", "Campaign")
    segment = Campaign.objects.filter(pk=OuterRef("campaign")).values("segment")[:1]
    Run.objects.filter(segment=None).update(segment=Subquery(segment))


class Migration(migrations.Migration):
    dependencies = [("generation", "0005_cascade_in_earnest")]
    operations = [migrations.RunPython(take_campaigns, migrations.RunPython.noop)]
