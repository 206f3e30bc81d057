from django.db.migrations import RunPython

from doctors.specializations import code_of


def code_specializations(app_label, model_name):
    """The operation that codes what the words of `specialization` are known for now."""

    def write(apps, schema_editor):
        rows = apps.get_model(app_label, model_name).objects
        texts = rows.exclude(specialization="").order_by().values_list("specialization", flat=True)
        for text in list(texts.distinct()):
            rows.filter(specialization=text).update(specialization_code=code_of(text))

    return RunPython(write, RunPython.noop, elidable=True)
