import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from accounts.migrations._audit_functions import ALL


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_signing_in"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                (
                    "number",
                    models.BigIntegerField(
                        help_text="Without gaps, from 1.", primary_key=True, serialize=False
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("rows", "Rows sealed"),
                            ("purge", "Old rows removed"),
                            ("erasure", "Rows rewritten and sealed anew"),
                        ],
                        max_length=10,
                    ),
                ),
                ("table_name", models.CharField(max_length=63)),
                (
                    "first_id",
                    models.BigIntegerField(help_text="One after the last of the range before."),
                ),
                ("last_id", models.BigIntegerField()),
                ("row_count", models.BigIntegerField()),
                (
                    "digest",
                    models.BinaryField(help_text="SHA-256 of the SHA-256 of each row, by id."),
                ),
                (
                    "row_hints",
                    models.BinaryField(
                        help_text="Of each row its id and 8 bytes of its digest: they only name what differs."
                    ),
                ),
                (
                    "latest",
                    models.DateTimeField(help_text="The time of the latest row.", null=True),
                ),
                (
                    "columns",
                    models.TextField(
                        blank=True,
                        help_text="The columns sealed from here on, where they are others than before.",
                    ),
                ),
                ("why", models.TextField(blank=True)),
                ("sealed_at", models.DateTimeField()),
                ("previous", models.BinaryField(help_text="The hash of the link before.")),
                ("hash", models.BinaryField()),
            ],
            options={
                "ordering": ["number"],
                "indexes": [
                    models.Index(
                        fields=["table_name", "first_id", "number"], name="audit_seal_ranges"
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditseal",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="6a38c436bfdcc5028f7f72764db70fd8307f6626",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_ed234",
                    table="accounts_auditseal",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RunSQL(ALL, migrations.RunSQL.noop),
    ]
