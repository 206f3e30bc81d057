"""What commands and jobs change bears their names: each run for real."""

import subprocess
import sys

import pytest
from django.conf import settings
from procrastinate.contrib.django import app

from accounts.models import User
from accounts.tests.factories import UserFactory
from clinic.tests.jobs import run_due_jobs
from tests.server import environment

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_command_names_itself():
    own = {"DJANGO_SUPERUSER_PASSWORD": "Correct-horse-9"}
    done = subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--noinput", "--email", "a@b.example"],
        cwd=settings.BASE_DIR,
        env=environment(**own),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    event = User.objects.get().events.get()
    assert event.pgh_label == "insert"
    assert event.pgh_context | {"request_id": ""} == {
        "door": "command",
        "what": "createsuperuser",
        "user": None,
        "address": None,
        "request_id": "",
    }


def test_a_job_names_itself():
    @app.task(name="tests.rename")
    def rename() -> None:
        User.objects.update(last_name="Hopper")

    user = UserFactory()
    rename.defer()
    run_due_jobs()

    event = user.events.latest("pgh_id")
    assert (event.pgh_label, event.last_name) == ("update", "Hopper")
    assert (event.pgh_context["door"], event.pgh_context["what"]) == ("job", "tests.rename")
