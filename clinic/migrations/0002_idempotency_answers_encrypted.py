from django.db import migrations

from clinic.encryption import EncryptedTextField


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]

    operations = [
        # They are kept for a day at most, and some hold in the clear what is encrypted elsewhere.
        migrations.RunSQL("DELETE FROM clinic_idempotencykey", migrations.RunSQL.noop),
        migrations.RemoveField("idempotencykey", "body"),
        migrations.AddField(
            "idempotencykey",
            "body",
            EncryptedTextField(
                default="", help_text="JSON; it may repeat what is encrypted elsewhere."
            ),
            preserve_default=False,
        ),
    ]
