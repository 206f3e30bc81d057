from django.db import migrations

from clinic.migrations._operations import in_one_form


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [in_one_form("accounts", "user")]
