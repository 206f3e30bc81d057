import re

from django.urls import URLPattern, re_path
from rest_framework.viewsets import ViewSetMixin


def route(path: str, view: type[ViewSetMixin], **methods: str) -> URLPattern:
    """A route of the API that answers with and without its trailing slash.

    `path` names its variables in angle brackets; `methods` are `get="list"`, `post="create"`.
    """
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path)
    return re_path(rf"^{pattern}/?\Z", view.as_view(methods))
