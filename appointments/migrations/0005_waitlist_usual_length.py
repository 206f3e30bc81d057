from django.db import migrations, models

HELP = "Minutes, 15 to 180; empty: the doctor's usual."


class Migration(migrations.Migration):
    """A length may be left open. Those who wait already keep the 30 minutes they were told."""

    dependencies = [("appointments", "0004_fewer_indexes")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="duration_minutes",
            field=models.PositiveSmallIntegerField("length", null=True, blank=True, help_text=HELP),
        )
        for model in ("waitlistentry", "waitlistentryevent")
    ]
