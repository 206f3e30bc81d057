import re

from django.core.paginator import InvalidPage, Paginator
from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError

DEFAULT_SIZE = 50
LARGEST_SIZE = 200


class PageNumberPagination(pagination.PageNumberPagination):
    """`?page=` from 1, `?page_size=` from 1 to 200. A page past the end is not found."""

    page_size = DEFAULT_SIZE
    page_size_query_param = "page_size"
    max_page_size = LARGEST_SIZE
    template = None

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        size = whole_number(request, "page_size", LARGEST_SIZE, default=DEFAULT_SIZE)
        number = whole_number(request, "page", 10**9, default=1)
        try:
            self.page = Paginator(queryset, size).page(number)
        except InvalidPage as error:
            raise NotFound from error
        return list(self.page)


def whole_number(request, name: str, most: int, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise ValidationError({name: [f"Must be a whole number from 1 to {most}."]})
    return int(text)
