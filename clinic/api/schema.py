"""What the OpenAPI document says of every route beside what its view says."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

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
TAG = {"description": "Names this content.", "schema": {"type": "string"}}
LOCATION = {
    "description": "The address of the new record.",
    "schema": {"type": "string", "format": "uri"},
}
MERGED = (
    "`wrong_state` with a `Link` where the id is that of a record merged into another: it is read "
    "under the old id, too, but changed at its own address alone."
)
CANONICAL = 'The address of the record that stands, with `rel="canonical"`, after a merge.'
CONTENT_LOCATION = {
    "description": "Only under the id of a record that was merged into another: the address of the "
    "record that stands for it, which this is.",
    "schema": {"type": "string", "format": "uri-reference"},
}


class ClinicSchema(AutoSchema):
    """What a view says of an action, and what follows from it: its headers and its problems."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            self.describe(operation)
        return operation

    def describe(self, operation: Schema) -> None:
        parameters = operation.setdefault("parameters", [])
        for parameter in parameters:
            if parameter["in"] == "path":
                parameter["schema"] = {"type": "string", "format": "uuid"}
        parameters += [
            {"in": "header", "name": name, "schema": {"type": "string"}, "description": sentence}
            for name, sentence in self.request_headers().items()
        ]
        responses = operation["responses"]
        for status in {"200", "201"} & set(responses):
            if self.is_tagged:
                responses[status].setdefault("headers", {})["ETag"] = TAG
            if self.is_tagged and status == "201" and self.view.action == "create":
                responses[status]["headers"]["Location"] = LOCATION
        if self.view.leads_on:
            self.describe_merged(operation)
        if self.method == "GET" and self.is_tagged:
            responses["304"] = {"description": "It is what `If-None-Match` names."}
        for status in self.problem_statuses(operation):
            responses.setdefault(status, problem(PROBLEMS[status]))

    def describe_merged(self, operation: Schema) -> None:
        """What is answered under the id of a record that was merged into another."""
        if "{id}" not in self.path:
            return
        responses = operation["responses"]
        if self.method == "GET":
            headers = responses["200"].setdefault("headers", {})
            headers["Content-Location"] = CONTENT_LOCATION
            return
        told = problem(f"{PROBLEMS['409']} {MERGED}")
        told["headers"] = {"Link": {"description": CANONICAL, "schema": {"type": "string"}}}
        responses["409"] = told

    @property
    def is_tagged(self) -> bool:
        return self.view.action in self.view.tagged

    @property
    def is_idempotent(self) -> bool:
        return hasattr(getattr(self.view, self.view.action), "is_idempotent")

    def request_headers(self) -> dict[str, str]:
        headers = {}
        if self.is_idempotent:
            headers["Idempotency-Key"] = (
                "Up to 255 printable characters. The same key with the same body is answered again "
                "for 24 hours, and does nothing."
            )
        if self.view.action in self.view.matched:
            headers["If-Match"] = "The `ETag` that was read: 412 where it has changed since."
        if self.method == "GET" and self.is_tagged:
            headers["If-None-Match"] = "The `ETag` that is known: 304 where it still holds."
        return headers

    def problem_statuses(self, operation: Schema) -> list[str]:
        action, security = self.view.action, bool(operation.get("security"))
        has_body = "requestBody" in operation
        conditions = {
            "400": True,
            "401": security or action in ("login", "refresh"),
            "403": security,
            "404": "{" in self.path or self.path.startswith("/api/v1/"),
            "406": True,
            "409": self.method != "GET" and (security or action in ("register", "apply")),
            "412": action in self.view.matched,
            "413": has_body,
            "415": has_body,
            "422": True,
            "429": action in self.view.limits,
            "default": True,
        }
        return [status for status, holds in conditions.items() if holds]


def complete(result: Schema, generator, request, public) -> Schema:
    """drf-spectacular's hook: paths are named without their optional slash, bodies take only
    known fields, and forms name the inner ones as forms do."""
    schemas = result["components"].setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name, schema in schemas.items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
        if name in ("AnyDoctor", "Registered"):  # What fits the longer form fits the shorter one.
            schema["anyOf"] = schema.pop("oneOf")
    result["paths"] = {path.rstrip("/"): methods for path, methods in result["paths"].items()}
    for operations in result["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            if "multipart/form-data" in content:
                form = content["multipart/form-data"]
                form["schema"] = as_form(resolved(form["schema"], schemas), schemas)
    return result


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
