"""What is answered outside any view: JSON below `/api/`, a page elsewhere."""

import sys

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from clinic.api.circumstances import log_circumstance
from clinic.api.errors import Problem, as_logged, error_response, is_api_path, of_circumstances
from clinic.security_log import Kind, note_security


@csrf_exempt
def unknown_route(request):
    """Every address below `/api` that no route takes, `DEBUG` or not."""
    return error_response(request, Problem(404))


def bad_request(request, exception):
    if is_api_path(request.path):
        return error_response(request, Problem(400))
    return defaults.bad_request(request, exception)


def permission_denied(request, exception):
    note_security(Kind.ACCESS_REFUSED, user=getattr(request, "user", None), of="page")
    if is_api_path(request.path):
        return error_response(request, Problem(403))
    return defaults.permission_denied(request, exception)


def not_found(request, exception):
    match, user = request.resolver_match, getattr(request, "user", None)
    if match is not None and match.kwargs and user is not None and user.is_authenticated:
        note_security(Kind.ACCESS_REFUSED, user=user, of="page", outcome="not_found")
    if is_api_path(request.path):
        return error_response(request, Problem(404))
    return defaults.page_not_found(request, exception)


def server_error(request):
    """Also what failed before a view was reached, such as finding out whose session it is."""
    error = sys.exc_info()[1]
    problem = None
    if error:
        problem = of_circumstances(error)
        log_circumstance(error)
    if is_api_path(request.path):
        return error_response(request, problem or Problem(500))
    return plain_page(request, problem) if problem else defaults.server_error(request)


def plain_page(
    request: HttpRequest, problem: Problem, template: str = "", **more: str
) -> HttpResponse:
    """A page that needs neither the database nor to know who is there."""
    again = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    words = {"phone": settings.CLINIC_PHONE, "email": settings.CLINIC_EMAIL, "again": again}
    text = loader.get_template(template or f"{problem.status_code}.html").render(words | more)
    headers = {**problem.headers, "Cache-Control": "no-store"}
    return as_logged(HttpResponse(text, status=problem.status_code, headers=headers))
