"""Pages of long lists."""

from functools import cached_property
from hashlib import sha256
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db.models import Model

MANY = 10_000
SECONDS = 60


class QuickPaginator(Paginator):
    """Counts a list of many rows once a minute. Of fewer the count is always the true one."""

    @cached_property
    def count(self) -> int:
        try:
            query = str(self.object_list.query)
        except EmptyResultSet:
            return 0
        key = f"count:{sha256(query.encode(errors='replace')).hexdigest()}"
        known = cache.get(key)
        if known is not None:
            return known
        count = super().count
        if count > MANY:
            cache.set(key, count, SECONDS)
        return count


class QuickList(ChangeList):
    """A list of the console that works out no more than its rows show."""

    model_admin: Any  # A ConsoleAdmin.

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Every link of every row leads back to the list as it was filtered. Left to Django, the
        # address of each is resolved to learn that it isn't the list's own.
        self.way_back = self.preserved_filters and f"?{self.preserved_filters}"
        self.preserved_filters = ""
        self.urls: dict[Any, str] = {}  # A row may have several links.

    def get_results(self, request):
        super().get_results(request)
        if columns := self.model_admin.list_columns:
            self.result_list = self.result_list.only(*columns)

    def url_for_result(self, result: Model) -> str:
        if result.pk not in self.urls:
            self.urls[result.pk] = f"{super().url_for_result(result)}{self.way_back}"
        return self.urls[result.pk]
