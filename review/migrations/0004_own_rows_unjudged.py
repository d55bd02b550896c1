from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0003_kept_rows"),
    ]

    operations = [
        migrations.AlterField(
            model_name="placementproduct",
            name="score",
            field=models.FloatField(help_text="R^alpha * S^beta, 0 to 1", null=True),
        ),
        migrations.AlterField(
            model_name="placementproduct",
            name="fit",
            field=models.FloatField(
                help_text="S: the evaluator's probability that the product fits the title", null=True
            ),
        ),
        migrations.AlterField(
            model_name="placementproduct",
            name="rank_score",
            field=models.FloatField(help_text="R: the traditional score, 0 to 1", null=True),
        ),
    ]
