"""The one shape in which the API tells what went wrong (see `Problem`)."""

import logging
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.core.signals import got_request_exception
from django.db import IntegrityError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions, status
from rest_framework.response import Response

from clinic.api.budget import MOST_FAULTS
from clinic.api.circumstances import LATER, circumstance_of, log_circumstance
from clinic.api.faults import api_name, leaves, model_faults, writable
from clinic.errors import (
    CONFLICTS,
    GONE,
    UNAVAILABLE,
    WRONG_STATE,
    NotAllowed,
    StepUpNeeded,
    is_gone,
)
from clinic.security_log import Kind, note_security

logger = logging.getLogger(__name__)

PASSWORD_GIVEN = "password_change_required"  # noqa: S105
STEP_UP_REQUIRED = "step_up_required"
STEP_UP_SENTENCE = (
    "Show first that it is you: send your password, or a code of your second factor, to "
    "POST /api/v1/auth/step-up, then send this once more."
)
VALIDATION_FAILED = "Validation failed"
TOO_LARGE = "payload_too_large"
INVALID = "validation_error"
REQUEST_IN_PROGRESS = "request_in_progress"
MESSAGES = {
    status.HTTP_400_BAD_REQUEST: ("malformed_request", "The request can't be read."),
    status.HTTP_401_UNAUTHORIZED: ("not_authenticated", "Please sign in."),
    status.HTTP_403_FORBIDDEN: ("permission_denied", "You may not do this."),
    status.HTTP_404_NOT_FOUND: ("not_found", "Not found."),
    status.HTTP_405_METHOD_NOT_ALLOWED: ("method_not_allowed", "This method is not allowed here."),
    status.HTTP_406_NOT_ACCEPTABLE: ("not_acceptable", "Only application/json is served here."),
    status.HTTP_408_REQUEST_TIMEOUT: (
        "request_timeout",
        "The request came too slowly. Please send it again.",
    ),
    status.HTTP_412_PRECONDITION_FAILED: (
        "precondition_failed",
        "Somebody else has changed this since you read it.",
    ),
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: (TOO_LARGE, "The request is too large."),
    status.HTTP_414_REQUEST_URI_TOO_LONG: ("address_too_long", "The address is too long."),
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: (
        "unsupported_media_type",
        "This content type is not taken here.",
    ),
    status.HTTP_429_TOO_MANY_REQUESTS: (
        "too_many_requests",
        "Too many requests. Please wait a moment.",
    ),
    status.HTTP_431_REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "headers_too_large",
        "The headers of the request are too large.",
    ),
    status.HTTP_500_INTERNAL_SERVER_ERROR: ("server_error", "Something went wrong on our side."),
    status.HTTP_503_SERVICE_UNAVAILABLE: (UNAVAILABLE, "The service is not available just now."),
    status.HTTP_507_INSUFFICIENT_STORAGE: (
        "insufficient_storage",
        "There is no room left to store this. Nothing was saved.",
    ),
}

# The codes of these statuses beside those above.
MORE_CODES = {
    status.HTTP_401_UNAUTHORIZED: ("invalid_credentials", "token_expired", "otp_required"),
    status.HTTP_403_FORBIDDEN: (PASSWORD_GIVEN, STEP_UP_REQUIRED),
    status.HTTP_409_CONFLICT: (*CONFLICTS.values(), REQUEST_IN_PROGRESS),
    status.HTTP_422_UNPROCESSABLE_ENTITY: (INVALID,),
}

Errors = dict[str, list[str]]


class Problem(exceptions.APIException):
    """An answer that isn't a success: a status, the code that programs act on, a sentence.

    `{"success": false, "message", "code", "errors": {field: [sentence]}, "request_id"}`
    """

    def __init__(
        self,
        status_code: int,
        code: str = "",
        message: str = "",
        errors: Errors | None = None,
        headers: dict[str, str] | None = None,
    ):
        default_code, default_message = MESSAGES.get(status_code, ("", ""))
        self.status_code = status_code
        self.code = code or default_code
        self.message = message or default_message
        self.errors = errors or {}
        self.headers = headers or {}
        super().__init__(self.message, self.code)

    def body(self, request: Any) -> dict[str, Any]:
        return {
            "success": False,
            "message": self.message,
            "code": self.code,
            "errors": {writable(field): told for field, told in self.errors.items()},
            "request_id": getattr(request, "id", ""),
        }


def codes_of(status_code: int | None) -> list[str]:
    """The codes that an answer of this status may have; all that there are, for None."""
    if status_code is None:
        return sorted({code for each in {*MESSAGES, *MORE_CODES} for code in codes_of(each)})
    default = [MESSAGES[status_code][0]] if status_code in MESSAGES else []
    return [*dict.fromkeys((*default, *MORE_CODES.get(status_code, ())))]


def is_api_path(path: str) -> bool:
    return path == "/api" or path.startswith("/api/")


def error_response(request: HttpRequest, problem: Problem) -> JsonResponse:
    """The answer for faults found outside a view of the API."""
    response = JsonResponse(
        problem.body(request), status=problem.status_code, headers=problem.headers
    )
    return as_logged(response)


def as_logged(response: Any) -> Any:
    """Django would log each answer of 5xx: what isn't a fault of the program was told already."""
    if response.status_code in (503, 507):
        response._has_been_logged = True
    return response


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """REST framework's hook: every exception of a view becomes an answer of the one shape."""
    view = context["view"]
    problem = as_problem(error, getattr(view, "error_names", {}))
    request = context["request"]._request
    log_circumstance(error)
    if problem.status_code == status.HTTP_500_INTERNAL_SERVER_ERROR:
        where = {"request": request}
        match = request.resolver_match  # The route: an address may hold a name.
        route = match.route if match else "-"
        logger.error("%s /%s failed", request.method, route, exc_info=error, extra=where)
        got_request_exception.send(sender=type(view), request=request)
    if problem.status_code in (status.HTTP_403_FORBIDDEN, status.HTTP_404_NOT_FOUND):
        note_refusal(view, context["request"].user, problem.status_code)
    extra = view.beside_problem(error) if hasattr(view, "beside_problem") else {}
    return as_logged(
        Response(problem.body(request) | extra, problem.status_code, headers=problem.headers)
    )


def note_refusal(view: Any, user: Any, status_code: int) -> None:
    """Records of others look like missing ones to who asks, and stand in the security log."""
    is_missing = status_code == status.HTTP_404_NOT_FOUND
    if is_missing and not (user.is_authenticated and view.kwargs):
        return
    told = {"of": type(view).__name__.lower(), "action": getattr(view, "action", None)}
    outcome = {"outcome": "not_found"} if is_missing else {}
    note_security(Kind.ACCESS_REFUSED, user=user, **told, **outcome)


# What exceptions that speak for themselves are answered with.
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (Http404, 404),
    (PermissionDenied, 403),
    (RequestDataTooBig, 413),
    (SuspiciousOperation, 400),
    (UnreadablePostError, 400),
)


def as_problem(error: Exception, names: dict[str, str]) -> Problem:
    """`names` are the API's names of model fields that it calls otherwise."""
    match error:
        case Problem():
            return error
        case exceptions.ValidationError():
            return of_faults(list(leaves(error.detail)))
        case ValidationError():
            faults = model_faults(error)
            return of_faults([(api_name(name, names), *rest) for name, *rest in faults])
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return unauthorized(error)
        case exceptions.Throttled():
            return Problem(429, headers={"Retry-After": str(int(error.wait or 1))})
        case exceptions.ParseError():
            return Problem(400, message=str(error.detail))
        case exceptions.APIException():
            return Problem(error.status_code)
        case NotAllowed() | StepUpNeeded():
            return forbidden(error)
    return of_inside(error)


def of_inside(error: Exception) -> Problem:
    if isinstance(error, IntegrityError) and is_gone(error):
        return gone()
    status_code = next((code for kind, code in STATUSES if isinstance(error, kind)), None)
    return (None if status_code else of_circumstances(error)) or Problem(status_code or 500)


def of_circumstances(error: BaseException) -> Problem | None:
    """What is answered where neither the request nor the program is at fault. None elsewhere."""
    if found := circumstance_of(error):
        headers = {"Retry-After": found.wait}
        return Problem(found.status, message=found.sentence, headers=headers)
    return None


def forbidden(error: NotAllowed | StepUpNeeded) -> Problem:
    if isinstance(error, StepUpNeeded):
        return Problem(403, STEP_UP_REQUIRED, STEP_UP_SENTENCE)
    return Problem(403, message=str(error))


def gone() -> Problem:
    return Problem(409, WRONG_STATE, str(GONE))


def unauthorized(error: exceptions.APIException) -> Problem:
    codes = error.get_codes()
    known = codes if codes in MORE_CODES[401] else ""
    message = str(error.detail) if known else ""
    return Problem(401, known, message, headers={"WWW-Authenticate": "Bearer"})


def of_faults(faults: list[tuple[str, str, str]]) -> Problem:
    """From (field, sentence, code): a conflict if nothing else is wrong, else 422. The first
    `MOST_FAULTS` are told."""
    errors: Errors = {}
    for field, sentence, _ in faults[:MOST_FAULTS]:
        errors.setdefault(field, []).append(sentence)
    codes = [code for _, _, code in faults]
    if UNAVAILABLE in codes:
        told = faults[codes.index(UNAVAILABLE)][1]
        return Problem(503, message=told, errors=errors, headers={"Retry-After": LATER})
    if TOO_LARGE in codes:
        return Problem(413, message=faults[codes.index(TOO_LARGE)][1], errors=errors)
    if codes and all(code in CONFLICTS for code in codes):
        return Problem(409, CONFLICTS[codes[0]], faults[0][1], errors)
    return Problem(422, INVALID, VALIDATION_FAILED, errors)
