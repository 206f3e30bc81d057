from django.db.migrations import Migration, RunPython
from django.db.migrations.operations.base import Operation

from clinic.emails import normal_email


class AllAtOnce(Migration):
    """A migration that makes its tables from the state after the last of its operations.

    Django has each model rendered anew, with all that refer to it, for every operation; that took
    most of the time of an empty database. None of the operations may look at the state before it.
    """

    def apply(self, project_state, schema_editor, collect_sql=False):
        state = project_state.clone()
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, state)
        for operation in self.operations:
            operation.database_forwards(self.app_label, schema_editor, state, state)
        return state


class AddTriggers(Operation):
    """Many triggers at once, by the name of their model.

    pgtrigger's own operation has each model rendered anew, with all that refer to it, for every
    trigger; that took a third of the time of an empty database.
    """

    reversible = False

    def __init__(self, triggers):
        self.triggers = triggers

    def deconstruct(self):
        return type(self).__name__, [], {"triggers": self.triggers}

    def state_forwards(self, app_label, state):
        for model, triggers in self.triggers.items():
            state.models[app_label, model].options["triggers"] = list(triggers)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for triggers in self.triggers.values():
            for trigger in triggers:
                schema_editor.execute(trigger.install_sql, params=None)

    def describe(self):
        return f"Create triggers on {', '.join(self.triggers)}"


def in_one_form(app_label, model_name):
    """The operation that writes addresses with a domain in other letters than ASCII as they are
    compared now. One whose new form is somebody else's stays as it is, for people to decide on."""

    def write(apps, schema_editor):
        rows = apps.get_model(app_label, model_name).objects
        for pk, email in list(rows.filter(email__regex="[^ -~]").values_list("pk", "email")):
            normal = normal_email(email)
            if normal != email and not rows.filter(email=normal).exists():
                rows.filter(pk=pk).update(email=normal)

    return RunPython(write, RunPython.noop, elidable=True)
