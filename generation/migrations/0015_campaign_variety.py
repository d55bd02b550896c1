import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0014_word_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="variety",
            field=models.FloatField(
                default=0.25,
                help_text="Of a row's products: 0 the closest to the theme, 1 the most unlike one another.",
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(1),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(("variety__gte", 0), ("variety__lte", 1)), name="campaign_variety_0_1"
            ),
        ),
    ]
