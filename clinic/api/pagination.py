from django.core.paginator import InvalidPage, Paginator
from rest_framework import pagination
from rest_framework.exceptions import NotFound

DEFAULT_SIZE = 50
LARGEST_SIZE = 200


class PageNumberPagination(pagination.PageNumberPagination):
    """`?page=` from 1, `?page_size=` from 1 to 200, which the view's query has checked.

    A page past the end is not found.
    """

    page_size = DEFAULT_SIZE
    page_size_query_param = "page_size"
    max_page_size = LARGEST_SIZE
    template = None

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        paginator = Paginator(queryset, view.query.get("page_size", DEFAULT_SIZE))
        try:
            self.page = paginator.page(view.query.get("page", 1))
        except InvalidPage as error:
            raise NotFound from error
        return list(self.page)

    def get_paginated_response_schema(self, schema):
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Of all pages."},
                "next": address,
                "previous": address,
                "results": schema,
            },
        }
