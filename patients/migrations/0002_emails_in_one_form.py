from django.db import migrations

from clinic.migrations._operations import in_one_form


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]

    operations = [in_one_form("patients", "patient")]
