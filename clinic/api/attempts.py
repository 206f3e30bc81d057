"""A request that changes something, and its answer, are of one transaction."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

Handler = Callable[..., Response]


def attempt_whole(view: Any, handler: Handler, request: Request, *args, **kwargs) -> Response:
    """What the view's method answers. Of a failure (5xx), also of one in making the answer, nothing
    stays; what was done before a refusal does (a wrong code is a try that counts)."""
    with transaction.atomic():
        try:
            return handler(request, *args, **kwargs)
        except Exception as error:
            response = view.handle_exception(error)
            if response.status_code >= status.HTTP_500_INTERNAL_SERVER_ERROR:
                transaction.set_rollback(True)
            return response
