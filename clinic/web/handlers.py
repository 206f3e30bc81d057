"""What is answered outside any view: JSON below `/api/`, a page elsewhere."""

from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from clinic.api.errors import Problem, error_response, is_api_path


@csrf_exempt
def unknown_route(request):
    """Every address below `/api` that no route takes, `DEBUG` or not."""
    return error_response(request, Problem(404))


def bad_request(request, exception):
    if is_api_path(request.path):
        return error_response(request, Problem(400))
    return defaults.bad_request(request, exception)


def permission_denied(request, exception):
    if is_api_path(request.path):
        return error_response(request, Problem(403))
    return defaults.permission_denied(request, exception)


def not_found(request, exception):
    if is_api_path(request.path):
        return error_response(request, Problem(404))
    return defaults.page_not_found(request, exception)


def server_error(request):
    if is_api_path(request.path):
        return error_response(request, Problem(500))
    return defaults.server_error(request)
