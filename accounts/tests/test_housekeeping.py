"""What accounts leave behind is forgotten in time, and nothing that still counts."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import tasks
from accounts.models import SignIn
from accounts.roles import Role
from accounts.services import sign_ins
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.management.retention.purging import purge

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
KEPT = timedelta(days=90)


def sign_in(**fields) -> SignIn:
    begun = {"user": UserFactory(), "door": "api", "expires_at": timezone.now() + DAY}
    return SignIn.objects.create(**begun | fields)


def ended(ago: timedelta, because: str = "signed_out") -> SignIn:
    return sign_in(ended_at=timezone.now() - ago, ended_because=because)


def test_sign_ins_are_forgotten_ninety_days_after_their_end():
    ended(KEPT + DAY)
    ended(KEPT + DAY, "reused")
    sign_in(door="web", expires_at=timezone.now() - KEPT - DAY)
    kept = [
        ended(KEPT - DAY),
        sign_in(expires_at=timezone.now() - KEPT + DAY),
        sign_in(started_at=timezone.now() - 10 * KEPT),
    ]

    list(purge())

    assert set(SignIn.objects.all()) == set(kept)


def test_a_family_of_tokens_that_is_renewed_lives_on(time_machine):
    time_machine.move_to(timezone.now())
    pair = sign_ins.begin_by_api(UserFactory())
    for _ in range(6):
        time_machine.shift(timedelta(days=13))
        pair = sign_ins.refresh(pair.refresh_token)

    list(purge())

    assert sign_ins.refresh(pair.refresh_token).access_token


def test_sessions_that_ran_out_are_forgotten(time_machine, settings):
    time_machine.move_to(timezone.now())
    signed_in(Role.RECEPTIONIST)
    time_machine.shift(timedelta(seconds=settings.SESSION_COOKIE_AGE + 60))
    desk = signed_in(Role.RECEPTIONIST)
    assert Session.objects.count() == 2

    tasks.remove_dead_sessions(timestamp=0)

    assert Session.objects.get().expire_date > timezone.now()
    assert desk.get("/admin/").status_code == 200


def test_the_worker_does_all_of_it_by_the_clock():
    app.perform_import_paths()
    periodic = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}

    assert periodic["clinic.purge"] == "17 3 * * *"
    assert periodic["accounts.remove_dead_sessions"] == "12 * * * *"
