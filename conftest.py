import gc
import shutil
import sys
import threading

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services.sign_ins import begin_by_api
from accounts.tests.console import Browser
from clinic.sms import locmem
from clinic.tests.gateway import gateway  # noqa: F401
from clinic.tests.mailbox import mailbox, smtp  # noqa: F401
from tests import database, people_in_logs
from tests.server import served  # noqa: F401

# Marks of tests of which coverage is not noted, as that takes as long again as they do: they go
# many ways that the tests of these ways cover.
UNTRACED = {"walk", "browser"}


def pytest_collection_finish():
    """What is loaded by now stays: the search for garbage need not go through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    tracer = sys.gettrace()
    if tracer is None or UNTRACED.isdisjoint(mark.name for mark in item.iter_markers()):
        return (yield)
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
        threading.settrace(tracer)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """In place of pytest-django's: a copy of a database that was migrated once."""
    with (
        django_db_blocker.unblock(),
        database.copied(connection.settings_dict["TEST"]["NAME"]),
        pytest.MonkeyPatch.context() as patch,
    ):
        # Django would truncate every table and fill those of its own anew.
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: database.empty())
        yield


@pytest.fixture(autouse=True)
def _clean_slate():
    """No rate-limit count, no text message and no stored photo of an earlier test."""
    yield
    cache.clear()
    locmem.outbox.clear()
    shutil.rmtree(settings.STORAGES["documents"]["OPTIONS"]["location"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _nobody_in_the_logs():
    """No line of a log, as production writes it, names a person of the test."""
    people_in_logs.listen()
    yield
    if told := people_in_logs.told():
        pytest.fail("\n".join(told))


@pytest.fixture
def client() -> Browser:
    return Browser()


@pytest.fixture
def api():
    """`api(user)` is a client of the REST API with that user's token; `api()` has none."""

    def client(user: User | None = None) -> APIClient:
        headers = {}
        if user is not None:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {begin_by_api(user).access_token}"
        return APIClient(**headers)

    return client
