"""Many guesses at the same moment get no further than as many one after another."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from accounts.services import sign_ins
from accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

LOGIN = "/api/v1/auth/login"
GUESSES = 12


def test_no_guess_counts_that_ends_after_the_lock(api, settings):
    settings.LOGIN_FAILURES_PER_ACCOUNT = 3
    settings.LOGIN_LOCK = timedelta(minutes=15)
    user = UserFactory()
    barrier = Barrier(GUESSES)

    def guess(number: int) -> int:
        data = {"username": user.email, "password": f"Guess-horse-{number}"}
        try:
            barrier.wait(60)
            return api().post(LOGIN, data, format="json").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(GUESSES) as pool:
        answers = list(pool.map(guess, range(GUESSES)))

    assert set(answers) <= {401, 429}
    data = {"username": user.email, "password": PASSWORD}
    assert api().post(LOGIN, data, format="json").status_code == 429
    assert not sign_ins.live_of(user).exists()
