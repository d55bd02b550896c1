import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# The store of every row, and on how large a share of its checks judges disagreed (as review.workflow.risk counts).
FILL = """
UPDATE review_placement SET store_id = draft.store_id FROM review_draft draft WHERE draft.id = draft_id;
UPDATE review_placement SET disagreement = found.share FROM (
    SELECT placement_id, avg(CASE WHEN mixed THEN 1.0 ELSE 0.0 END) AS share FROM (
        SELECT placement_id, bool_or(passes) AND bool_or(NOT passes) AS mixed FROM review_judgement
        WHERE placement_id IS NOT NULL GROUP BY placement_id, facet, product_id HAVING count(DISTINCT judge) > 1
    ) checks GROUP BY placement_id
) found WHERE found.placement_id = review_placement.id AND found.share > 0;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_idempotency_records"),
        ("review", "0007_schedules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='placement',
            name='disagreement',
            field=models.FloatField(default=0, help_text='0 to 1: share of checks on which judges say yes and no'),
        ),
        migrations.AddField(
            model_name='placement',
            name='store',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.store'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='placement',
            name='store',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.store'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('disagreement__gte', 0), ('disagreement__lte', 1)), name='placement_disagreement_0_1'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='store_of_draft', sql=pgtrigger.compiler.UpsertTriggerSql(func='SELECT store_id INTO NEW.store_id FROM review_draft WHERE id = NEW.draft_id; RETURN NEW;', hash='5edaf8db4da494b8b7f0d9886f71987ecf3b78f8', operation='INSERT', pgid='pgtrigger_store_of_draft_2f77f', table='review_placement', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='placement',
            name='risk',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(source='static', then=models.Value(0.0)), default=django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.Value(0.5), '*', django.db.models.expressions.CombinedExpression(models.Value(1.0), '-', django.db.models.functions.comparison.Coalesce(models.F('score'), models.Value(0.0)))), '+', django.db.models.expressions.CombinedExpression(models.Value(0.25), '*', models.F('disagreement'))), '+', django.db.models.expressions.CombinedExpression(models.Value(0.05), '*', django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.Least(models.Func(models.F('flags'), function='jsonb_array_length', output_field=models.IntegerField()), 3), models.FloatField()))), '+', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.Value(0.1), '*', django.db.models.functions.math.Ln(models.Value(2.0))), '/', django.db.models.functions.math.Ln(django.db.models.expressions.CombinedExpression(django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.Greatest(models.F('position'), 1), models.FloatField()), '+', models.Value(1.0))))), output_field=models.FloatField()), output_field=models.FloatField()),
        ),

        migrations.AddIndex(
            model_name='placement',
            index=models.Index(models.F('store'), models.F('status'), models.OrderBy(models.F('risk'), descending=True), models.F('id'), name='queue_by_risk'),
        ),
        migrations.AddIndex(
            model_name='placement',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('status', 'waiting')), fields=['flags'], name='queue_flags', opclasses=['jsonb_path_ops']),
        ),
        migrations.CreateModel(
            name='BulkAct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('approve', 'Approved'), ('request_changes', 'Requested changes'), ('reject', 'Rejected')], max_length=20)),
                ('reason_code', models.CharField(blank=True, choices=[('off_objective', 'Does not serve the objective'), ('wrong_products', 'Products do not fit the title'), ('title', 'Title or subtitle is not right'), ('duplicate', 'Too close to another row'), ('brand', 'Not in our voice'), ('unsafe', 'Unsafe or insensitive'), ('commercial', 'Stock, price or margin'), ('other', 'Something else (say it in the note)')], max_length=20)),
                ('note', models.TextField(blank=True)),
                ('query', models.CharField(blank=True, help_text='The filter, as it stood in the address', max_length=500)),
                ('state', models.CharField(choices=[('running', 'At work'), ('done', 'Done'), ('undoing', 'Being undone'), ('undone', 'Undone')], default='running', max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='BulkItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('todo', 'To do'), ('done', 'Decided'), ('left', 'Left as it is'), ('undone', 'Undone'), ('stays', 'Could not be undone')], default='todo', max_length=10)),
                ('why', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('placement', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='claim', serialize=False, to='review.placement')),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='KeyMap',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('keys', models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(blank=True, max_length=500)),
                ('shared', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['actor', '-id'], name='decisions_of_a_person'),
        ),
        migrations.AddField(
            model_name='bulkact',
            name='actor',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bulkact',
            name='store',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.store'),
        ),
        migrations.AddField(
            model_name='bulkact',
            name='undone_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='bulkitem',
            name='act',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='review.bulkact'),
        ),
        migrations.AddField(
            model_name='bulkitem',
            name='decision',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.decision'),
        ),
        migrations.AddField(
            model_name='bulkitem',
            name='placement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='review.placement'),
        ),
        migrations.AddField(
            model_name='claim',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='savedview',
            name='owner',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='savedview',
            name='store',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.store'),
        ),
        migrations.AddIndex(
            model_name='bulkact',
            index=models.Index(condition=models.Q(('state__in', ['running', 'undoing'])), fields=['state'], name='bulk_unfinished'),
        ),
        migrations.AddConstraint(
            model_name='bulkact',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['approve', 'request_changes', 'reject'])), name='bulk_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='bulkact',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['running', 'done', 'undoing', 'undone'])), name='bulk_state_known'),
        ),
        migrations.AddConstraint(
            model_name='bulkact',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'approve'), models.Q(models.Q(('reason_code', ''), _negated=True), models.Q(('note', ''), _negated=True)), _connector='OR'), name='bulk_no_needs_reason_and_note'),
        ),
        migrations.AddIndex(
            model_name='bulkitem',
            index=models.Index(fields=['act', 'state', 'id'], name='bulk_item_state'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.UniqueConstraint(fields=('act', 'placement'), name='once_per_bulk_act'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['todo', 'done', 'left', 'undone', 'stays'])), name='bulk_item_state_known'),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('until__gt', models.F('since'))), name='claim_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('store', 'owner', 'name'), name='one_view_per_name'),
        ),
    ]
