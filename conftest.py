import shutil

import pytest
from django.conf import settings
from django.core.cache import cache
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import User


@pytest.fixture(autouse=True)
def _clean_slate():
    """No rate-limit count and no stored photo of an earlier test."""
    yield
    cache.clear()
    shutil.rmtree(settings.STORAGES["documents"]["OPTIONS"]["location"], ignore_errors=True)


@pytest.fixture
def api():
    """`api(user)` is a client of the REST API with that user's token; `api()` has none."""

    def client(user: User | None = None) -> APIClient:
        headers = {}
        if user is not None:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {AccessToken.for_user(user)}"
        return APIClient(**headers)

    return client
