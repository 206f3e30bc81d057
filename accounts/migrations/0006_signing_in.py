from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_given_passwords")]

    operations = [
        migrations.AddField(
            model_name="signin",
            name="proven_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When the password or a second factor was last shown in it; empty: never.",
                null=True,
            ),
        ),
    ]
