import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0002_cascade_in_earnest"),
    ]

    operations = [
        migrations.AddField(
            model_name="placement",
            name="kept_from",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="kept_as",
                to="review.placement",
            ),
        ),
    ]
