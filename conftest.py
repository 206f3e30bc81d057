import shutil

import pytest
from django.conf import settings
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _clean_slate(request):
    """No rate-limit count and no stored photo of an earlier test."""
    yield
    cache.clear()
    shutil.rmtree(settings.STORAGES["documents"]["OPTIONS"]["location"], ignore_errors=True)
