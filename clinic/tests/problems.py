"""What every answer that isn't a success must look like."""

from typing import Any

from clinic.api.errors import codes_of

V1 = "/api/v1"


def check_problem(
    response, status: int, code: str, *fields: str, beside: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The answer is a problem of this status and code, and names exactly these fields.

    `beside` is what else stands at its top level.
    """
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    request = getattr(response, "wsgi_request", None)
    if request and request.path.rstrip("/") == f"{V1}/auth/login" and status in (400, 401):
        beside = (*beside, "error", "error_description")  # RFC 6749, 5.2.
    assert list(body) == ["success", "message", "code", "errors", "request_id", *beside]
    assert (body["success"], body["code"]) == (False, code)
    assert code in codes_of(status), "The OpenAPI document doesn't tell of this code."
    assert body["message"]
    assert body["request_id"] == response["X-Request-ID"]
    if fields:
        assert sorted(body["errors"]) == sorted(fields), body["errors"]
    assert all(isinstance(told, list) and all(told) for told in body["errors"].values())
    assert response.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    return body
