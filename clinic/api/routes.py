import re

from django.urls import ResolverMatch, URLPattern
from django.urls.resolvers import RegexPattern
from rest_framework.viewsets import ViewSetMixin


class Route(URLPattern):
    """Asks its expression only of paths that begin as it does: there are dozens of routes, and
    they are tried in order."""

    def __init__(self, start: str, *args):
        super().__init__(*args)
        self.start = start

    def resolve(self, path: str) -> ResolverMatch | None:
        return super().resolve(path) if path.startswith(self.start) else None


def route(path: str, view: type[ViewSetMixin], **methods: str) -> Route:
    """A route of the API that answers with and without its trailing slash.

    `path` names its variables in angle brackets; `methods` are `get="list"`, `post="create"`.
    """
    pattern = re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", path)
    expression = RegexPattern(rf"^{pattern}/?\Z", is_endpoint=True)
    return Route(path.partition("<")[0], expression, view.as_view(methods))
