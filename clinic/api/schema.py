"""What the OpenAPI document says of every route beside what its view says."""

from typing import Any

Schema = dict[str, Any]

PROBLEM = {
    "type": "object",
    "required": ["success", "message", "code", "errors", "request_id"],
    "properties": {
        "success": {"type": "boolean", "enum": [False]},
        "message": {"type": "string"},
        "code": {"type": "string", "example": "validation_error"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "request_id": {"type": "string"},
    },
}
PROBLEMS = {
    "400": "The body or a header can't be parsed.",
    "401": "No token, or one that isn't valid any more; at the login, wrong credentials.",
    "403": "The caller may not do this.",
    "404": "There is no such record, or none that the caller may know of.",
    "406": "Something else than JSON is asked for.",
    "409": "It conflicts with what is stored; `code` says how.",
    "412": "`If-Match` names another content than the record has by now.",
    "413": "The body or the photo is too large.",
    "415": "The body is of a type that isn't taken here.",
    "422": "Fields or parameters are faulty or unknown; `errors` names them all.",
    "429": "Too many requests; `Retry-After` says how many seconds to wait.",
    "default": "Not done; `code` and `errors` say why.",
}
LIMITED = (
    "/health",
    "/api/v1/auth/login",
    "/api/v1/auth/password/change",
    "/api/v1/auth/password/reset",
    "/api/v1/auth/password/reset/confirm",
    "/api/v1/auth/refresh",
    "/api/v1/patient/login",
    "/api/v1/patient/register",
    "/api/v1/patient/resend-verification",
    "/api/v1/patient/send-phone-code",
    "/api/v1/patient/verify-email",
    "/api/v1/patients",
    "/api/v1/provider/register",
    "/api/v1/slots",
    "/api/v1/doctors/{id}/slots",
    "/api/v1/doctors/{id}/calendar.ics",
)
REPEATABLE = ("/api/v1/appointments", "/api/v1/patients", "/api/v1/patient/register")
CREATING = ("/api/v1/appointments", "/api/v1/patients", "/api/v1/doctors")
SINGLE = (
    "/api/v1/appointments/{id}",
    "/api/v1/patients/{id}",
    "/api/v1/patient/profile/{id}",
    "/api/v1/doctors/{id}",
)
PHOTO = "/api/v1/patients/{id}/document"
TAG = {"description": "Names this content.", "schema": {"type": "string"}}
LOCATION = {
    "description": "The address of the new record.",
    "schema": {"type": "string", "format": "uri"},
}


def complete(result: Schema, generator, request, public) -> Schema:
    """drf-spectacular's hook: paths are named without their optional slash, bodies take only
    known fields, and every operation names its headers and its problems."""
    schemas = result["components"].setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name, schema in schemas.items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
        if name in ("AnyDoctor", "Registered"):  # What fits the longer form fits the shorter one.
            schema["anyOf"] = schema.pop("oneOf")
    result["paths"] = {path.rstrip("/"): methods for path, methods in result["paths"].items()}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            describe(path, method, operation, schemas)
    return result


def describe(path: str, method: str, operation: Schema, schemas: Schema) -> None:
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        if parameter["in"] == "path":
            parameter["schema"] = {"type": "string", "format": "uuid"}
    parameters += [
        {"in": "header", "name": name, "schema": {"type": "string"}, "description": sentence}
        for name, sentence in request_headers(path, method).items()
    ]
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        form = content["multipart/form-data"]
        form["schema"] = as_form(resolved(form["schema"], schemas), schemas)
    responses = operation["responses"]
    for status in ("200", "201"):
        if status in responses and has_tag(path, method):
            responses[status].setdefault("headers", {})["ETag"] = TAG
    if "201" in responses and path in CREATING:
        responses["201"]["headers"]["Location"] = LOCATION
    if method == "get" and has_tag(path, method):
        responses["304"] = {"description": "It is what `If-None-Match` names."}
    for status in problem_statuses(path, method, operation):
        responses.setdefault(status, problem(PROBLEMS[status]))


def has_tag(path: str, method: str) -> bool:
    is_list = path.endswith(
        ("/patients", "/access-log", "/export", "/invite.ics", "/calendar-token")
    )
    is_single = path.startswith(SINGLE) and not is_list and path != PHOTO
    return (
        is_single or (path == PHOTO and method == "get") or (path in CREATING and method == "post")
    )


def request_headers(path: str, method: str) -> dict[str, str]:
    headers = {}
    if method == "post" and path in REPEATABLE:
        headers["Idempotency-Key"] = (
            "Up to 255 printable characters. The same key with the same body is answered again "
            "for 24 hours, and does nothing."
        )
    if method in ("put", "patch", "delete") and (path in SINGLE or path == PHOTO):
        headers["If-Match"] = "The `ETag` that was read: 412 where it has changed since."
    if method == "get" and (path in SINGLE or path == PHOTO):
        headers["If-None-Match"] = "The `ETag` that is known: 304 where it still holds."
    return headers


def problem_statuses(path: str, method: str, operation: Schema) -> list[str]:
    security = operation.get("security") or []
    has_body, has_id = "requestBody" in operation, "{" in path
    conditions = {
        "400": True,
        "401": bool(security) or path.endswith("/login"),
        "403": bool(security),
        "404": has_id or path.startswith("/api/v1/"),
        "406": True,
        "409": method != "get" and (bool(security) or path.endswith("/register")),
        "412": "If-Match" in request_headers(path, method),
        "413": has_body,
        "415": has_body,
        "422": True,
        "429": path in LIMITED
        and (method == "post" or path.endswith(("/health", "/slots", "/calendar.ics"))),
        "default": True,
    }
    return [status for status, holds in conditions.items() if holds]


def problem(sentence: str) -> Schema:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": sentence, "content": {"application/json": {"schema": schema}}}


def resolved(schema: Schema, schemas: Schema) -> Schema:
    """The schema itself, where this is only its name."""
    reference = schema.get("$ref") or next(iter(schema.get("allOf", [{}]))).get("$ref")
    return schemas[reference.rpartition("/")[2]] if reference else schema


def as_form(schema: Schema, schemas: Schema) -> Schema:
    """The same fields as a form has them: the inner ones of an object as `address.street`."""
    properties: Schema = {}
    for name, inner in schema["properties"].items():
        fields = resolved(inner, schemas).get("properties")
        if fields is None:
            properties[name] = inner
        else:
            properties |= {f"{name}.{field}": inner for field, inner in fields.items()}
    return {**schema, "properties": properties}
