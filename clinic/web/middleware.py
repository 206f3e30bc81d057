import re
import uuid
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from clinic.api.circumstances import log_circumstance
from clinic.api.errors import (
    MESSAGES,
    Problem,
    error_response,
    gone,
    is_api_path,
    of_circumstances,
)
from clinic.errors import is_gone
from clinic.logs import current_request, current_request_id
from clinic.web.handlers import plain_page

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Views that heed no method answer any other as they answer GET.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LENGTH = re.compile(r"[0-9]{1,15}", re.ASCII)
KEPT_HEADERS = ("Allow", "Cache-Control", "Retry-After", "WWW-Authenticate")
HTTPS_ALONE = (
    "The API answers over HTTPS alone. What was sent went in the clear: change the password, or "
    "end the sign-in, if this held one."
)
DRAIN_CHUNK = 64 * 1024
DRAIN_LIMIT = 100 * 1024 * 1024


class RequestIdMiddleware:
    """Give every request an id of our own and return it.

    What a client or a proxy calls it (`X-Request-ID`) stands beside it in the logs: whoever
    chooses a name could choose that of another request.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.id = uuid.uuid4().hex
        request.client_request_id = given if REQUEST_ID.fullmatch(given) else ""
        token, place = current_request_id.set(request.id), current_request.set(request)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
            current_request.reset(place)
        response["X-Request-ID"] = request.id
        return response


class HttpsApiMiddleware:
    """Refuse requests to the API that come by plain HTTP, where pages are redirected: a program
    would follow, and send its password or token in the clear each time."""

    def __init__(self, get_response):
        if not settings.SECURE_SSL_REDIRECT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.is_secure() or not is_api_path(request.path):
            return self.get_response(request)
        drain(request)
        return error_response(request, Problem(403, message=HTTPS_ALONE))


class HeadLimitMiddleware:
    """Answer 414 and 431 to an address and headers that are larger than `MAX_ADDRESS_BYTES` and
    `MAX_HEADER_BYTES`, before anything goes through them; and 405 to TRACE and the like."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if len(request.path) + len(meta.get("QUERY_STRING", "")) > settings.MAX_ADDRESS_BYTES:
            return self.refuse(request, Problem(414))
        if request.method not in METHODS and not is_api_path(request.path):
            return self.refuse(request, Problem(405, headers={"Allow": ", ".join(METHODS)}))
        if filters_by_zero(meta.get("QUERY_STRING", "")):
            return self.refuse(request, Problem(400))
        sizes = (len(value) for name, value in meta.items() if name.startswith("HTTP_"))
        if sum(sizes) > settings.MAX_HEADER_BYTES:
            return self.refuse(request, Problem(431))
        return self.get_response(request)

    def refuse(self, request: HttpRequest, problem: Problem) -> HttpResponse:
        drain(request)
        if is_api_path(request.path):
            return error_response(request, problem)
        told = {"status": problem.status_code, "headers": problem.headers}
        return HttpResponse(problem.message, content_type="text/plain", **told)


def filters_by_zero(query: str) -> bool:
    """Does a filter of the console, such as `action__exact`, ask for a character that no text of
    the database holds? PostgreSQL answers that with an error."""
    return "%00" in query and any(
        "%00" in one and "__" in one.partition("=")[0] for one in query.split("&")
    )


class JsonProblemMiddleware:
    """Tell programs, which accept JSON and no pages, what went wrong in the API's shape, wherever
    that is."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_told = response.get("Content-Type", "").startswith("application/json")
        if response.status_code not in MESSAGES or is_told or not accepts_json_only(request):
            return response
        headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        problem = error_response(request, Problem(response.status_code, headers=headers))
        problem.cookies = response.cookies
        patch_vary_headers(problem, ["Accept"])
        return problem


def accepts_json_only(request: HttpRequest) -> bool:
    return request.accepts("application/json") and not request.accepts("text/html")


class CircumstancesMiddleware:
    """Answer where a page failed through no fault of its own: 503 or 507 for the database, a lock
    or a disk; 409 where something was deleted while the page saved what refers to it, and it has no
    form to say so."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        problem = gone() if is_gone(error) else of_circumstances(error)
        if problem is None:
            return None
        log_circumstance(error)
        if accepts_json_only(request):
            return error_response(request, problem)
        return refuse_request(request, problem)


class BodyLimitMiddleware:
    """Answer 413 to a body over `MAX_BODY_BYTES` without storing any of it.

    What no view has read is read away before the answer: a sender that is cut off never sees it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.META.get("CONTENT_LENGTH")
        if said and not LENGTH.fullmatch(said):
            return refuse_request(request, Problem(400, message="Content-Length is a number."))
        if "HTTP_TRANSFER_ENCODING" in request.META and not content_length(request):
            # Django would take it for a request without a body.
            return refuse_request(request, Problem(400, message="The body needs a Content-Length."))
        if content_length(request) <= settings.MAX_BODY_BYTES:
            response = self.get_response(request)
            drain(request)
            return response
        drain(request)
        return refuse_request(request, Problem(413))


def refuse_request(request: HttpRequest, problem: Problem) -> HttpResponse:
    if is_api_path(request.path):
        return error_response(request, problem)
    if problem.status_code >= 500:
        return plain_page(request, problem)
    return render(request, f"{problem.status_code}.html", status=problem.status_code)


def content_length(request: HttpRequest) -> int:
    """How long the body is said to be; 0 where nothing is said, or nothing that is a length."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if LENGTH.fullmatch(said) else 0


def drain(request: HttpRequest) -> None:
    """Read what is left of the body away, within bounds."""
    left = DRAIN_LIMIT
    with suppress(UnreadablePostError):
        while left > 0 and (chunk := request.read(DRAIN_CHUNK)):
            left -= len(chunk)
