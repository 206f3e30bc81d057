from django.db import migrations


class Migration(migrations.Migration):
    """The sequence from which patients get their record numbers."""

    dependencies = [("clinic", "0001_extensions")]
    operations = [
        migrations.RunSQL("CREATE SEQUENCE patient_number", "DROP SEQUENCE patient_number")
    ]
