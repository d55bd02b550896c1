from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0008_gates_and_labels")]
    operations = [
        migrations.AddField(
            model_name="run",
            name="kept",
            field=models.PositiveSmallIntegerField(
                help_text="Placements of the result, the dropped ones not counted", null=True
            ),
        ),
        migrations.RunSQL(
            "UPDATE generation_run SET kept = jsonb_array_length(result -> 'placements') "
            "WHERE jsonb_typeof(result -> 'placements') = 'array'",
            migrations.RunSQL.noop,
        ),
    ]
