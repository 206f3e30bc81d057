import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Where a search for patients looks; made while the clinic goes on working."""

    atomic = False
    dependencies = [("patients", "0006_name_words")]

    operations = [
        AddIndexConcurrently(
            model_name="patient",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.Func("search_name", function="clinic_words"),
                    function="array_to_tsvector",
                ),
                name="patient_name_words",
            ),
        ),
        AddIndexConcurrently(
            model_name="patient",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["email"], name="patient_email_parts", opclasses=["gin_trgm_ops"]
            ),
        ),
        AddIndexConcurrently(
            model_name="patient",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Reverse("phone"), name="text_pattern_ops"
                ),
                name="patient_phone_ending",
            ),
        ),
    ]
