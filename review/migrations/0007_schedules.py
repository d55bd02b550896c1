"""Schedules on top of a page's base, and how a store's shop is set up."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def live_is_base(apps, schema_editor):
    """Until now whatever was live had been published by hand."""
    apps.get_model("review", "Page").objects.update(base=F("live"))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_idempotency_records'),
        ('review', '0006_archive'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('scheduled', 'Scheduled'), ('live', 'Live'), ('ended', 'Ended'), ('cancelled', 'Cancelled')], default='scheduled', max_length=10)),
                ('revision', models.PositiveIntegerField(default=0, help_text='Counts changes; a save names the one it saw.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['starts_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ShopFront',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('theme', models.JSONField(blank=True, default=dict)),
                ('embed_origins', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name='page',
            name='base',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.pageversion'),
        ),
        migrations.AddField(
            model_name='publication',
            name='due_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='publication',
            name='kind',
            field=models.CharField(choices=[('publish', 'Published'), ('rollback', 'Rolled back'), ('schedule', 'Went live as scheduled:'), ('restore', 'Restored')], max_length=10),
        ),
        migrations.AddField(
            model_name='schedule',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='schedule',
            name='page',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='schedules', to='review.page'),
        ),
        migrations.AddField(
            model_name='schedule',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='schedules', to='review.pageversion'),
        ),
        migrations.AddField(
            model_name='publication',
            name='schedule',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='publications', to='review.schedule'),
        ),
        migrations.AddField(
            model_name='shopfront',
            name='store',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='shop_front', to='accounts.store'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gte', models.F('starts_at')), _connector='OR'), name='schedule_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['scheduled', 'live', 'ended', 'cancelled'])), name='schedule_state_known'),
        ),
        migrations.AddConstraint(
            model_name='schedule',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['scheduled', 'live'])), fields=('page', 'starts_at'), name='one_open_schedule_per_page_and_start'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='schedule',
            trigger=pgtrigger.compiler.Trigger(name='kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='16dadda5ae65c0ab660ae056f792dcc7b10f5416', operation='DELETE', pgid='pgtrigger_kept_cc846', table='review_schedule', when='BEFORE')),
        ),
        migrations.RunPython(live_is_base, migrations.RunPython.noop),
    ]
