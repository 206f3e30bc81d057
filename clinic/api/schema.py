"""What the OpenAPI document says of every route beside what its view says."""

import re
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework.serializers import Serializer

from clinic.api.errors import codes_of

Schema = dict[str, Any]

# By status: the name of the problem's schema, and when it is answered.
PROBLEMS = {
    "400": ("MalformedRequest", "The body or a header can't be parsed, or isn't honoured here."),
    "401": (
        "NotAuthenticated",
        "No token, or one that isn't valid any more; at the login, wrong credentials.",
    ),
    "403": ("PermissionDenied", "The caller may not do this."),
    "404": ("NotFound", "There is no such record, or none that the caller may know of."),
    "406": ("NotAcceptable", "Something else than JSON is asked for."),
    "409": ("Conflict", "It conflicts with what is stored; `code` says how."),
    "412": ("PreconditionFailed", "`If-Match` names another content than the record has by now."),
    "413": ("PayloadTooLarge", "The body or the photo is too large."),
    "415": ("UnsupportedMediaType", "The body is of a type that isn't taken here."),
    "422": (
        "ValidationProblem",
        "Fields or parameters are faulty or unknown; `errors` names them, of many the first 20.",
    ),
    "429": ("TooManyRequests", "Too many requests."),
    "default": ("Problem", "Not done; `code` and `errors` say why."),
}
PROBLEM_HEADERS = {
    "401": {"WWW-Authenticate": ("Bearer.", {"type": "string", "enum": ["Bearer"]})},
    "429": {"Retry-After": ("How many seconds to wait.", {"type": "integer", "minimum": 1})},
}
DONE = {"200": "Done.", "201": "Made.", "204": "Done; there is nothing to tell."}
TAG = {"description": "Names this content.", "schema": {"type": "string"}}
LOCATION = {
    "description": "The address of the new record.",
    "schema": {"type": "string", "format": "uri"},
}
REPLAYED = {
    "description": "This answer was given before to the same `Idempotency-Key`.",
    "schema": {"type": "string", "const": "true"},
}
TAG_IN_QUOTES = r'(W/)?"[!#-+\--~]*"'  # Of printable ASCII, without quotation marks and commas.
TAGS_IN_QUOTES = {"type": "string", "pattern": rf"^(\*|{TAG_IN_QUOTES}(, *{TAG_IN_QUOTES})*)$"}
HEADERS: dict[str, Schema] = {
    "Idempotency-Key": {
        "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$",
    },
    "If-Match": TAGS_IN_QUOTES,
    "If-None-Match": TAGS_IN_QUOTES,
}  # fmt: skip
RUNNING = "running"
V1 = "/api/v1/"
LOGIN = f"{V1}auth/login"  # Whose faulty fields are 400, as RFC 6749 has it.
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
    """What a view says of an action, and what follows from it: its headers and its problems.

    The first paragraph of an action's docstring is its summary, the rest its description.
    """

    def get_operation_id(self) -> str:
        """The words of the path, then those of the action that aren't among them."""
        words = re.findall(r"\w+", " ".join(self._tokenize_path()).replace("_", " "))
        more = [word for word in self.view.action.split("_") if word not in words]
        return "_".join([*words, *more])

    def get_tags(self) -> list[str]:
        return [self._tokenize_path()[0]] if self.path.startswith(V1) else [RUNNING]

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        """What may be left out of a request, and always is in the answer, is required there."""
        schema: Schema = super()._map_basic_serializer(serializer, direction)
        answered: frozenset[str] = getattr(serializer, "always_answered", frozenset())
        if direction == "response" and answered:
            schema["required"] = sorted({*schema.get("required", ()), *answered})
        return schema

    def get_summary(self) -> str:
        return super().get_description().partition("\n\n")[0].rstrip(".")

    def get_description(self) -> str:
        return super().get_description().partition("\n\n")[2]

    def get_auth(self) -> list[Schema]:
        auth = super().get_auth()
        return [*auth, {}] if auth and self.view.action in self.view.anonymous_actions else auth

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            self.describe(operation)
        return operation

    def describe(self, operation: Schema) -> None:
        operation.setdefault("security", [])
        parameters = operation.setdefault("parameters", [])
        for parameter in parameters:
            if parameter["in"] == "path":
                parameter["schema"] = {"type": "string", "format": "uuid"}
        parameters += [
            {"in": "header", "name": name, "schema": HEADERS[name], "description": sentence}
            for name, sentence in self.request_headers().items()
        ]
        responses = operation["responses"]
        for status, response in responses.items():
            response["description"] = (
                response["description"] or DONE.get(status) or f"{HTTPStatus(int(status)).phrase}."
            )
            if headers := self.answer_headers(status):
                response["headers"] = {**response.get("headers", {}), **headers}
        if self.view.leads_on:
            self.describe_merged(operation)
        if self.method == "GET" and self.is_tagged:
            responses["304"] = {"description": "It is what `If-None-Match` names."}
        for status in self.problem_statuses(operation):
            responses.setdefault(status, self.problem(status))

    def answer_headers(self, status: str) -> Schema:
        headers: Schema = {}
        if self.is_tagged and status in ("200", "201"):
            headers["ETag"] = TAG
        if self.view.action in self.view.located and status == "201":
            headers["Location"] = LOCATION
        if self.is_idempotent and status in DONE:
            headers["Idempotent-Replayed"] = REPLAYED
        return headers

    def describe_merged(self, operation: Schema) -> None:
        """What is answered under the id of a record that was merged into another."""
        if "{id}" not in self.path:
            return
        responses = operation["responses"]
        if self.method == "GET":
            headers = responses["200"].setdefault("headers", {})
            headers["Content-Location"] = CONTENT_LOCATION
            return
        told = self.problem("409")
        told["description"] += f" {MERGED}"
        told["headers"] = {"Link": {"description": CANONICAL, "schema": {"type": "string"}}}
        responses["409"] = told

    @property
    def is_tagged(self) -> bool:
        return self.view.action in self.view.tagged

    @property
    def is_idempotent(self) -> bool:
        return self.method == "POST" and self.view.action not in self.view.secret_actions

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
        action, security = self.view.action, bool(operation["security"])
        has_body = "requestBody" in operation
        conditions = {
            "400": True,
            "401": security or action in ("login", "refresh", "logout"),
            "403": security and bool(self.view.get_authenticators()),
            "404": "{" in self.path or self.path.startswith(V1) or action == "metrics",
            "406": True,
            "409": self.is_idempotent or (self.method != "GET" and security),
            "412": action in self.view.matched,
            "413": has_body,
            "415": has_body,
            "422": self.path.rstrip("/") != LOGIN,
            "429": action in self.view.limits,
            "default": True,
        }
        return [status for status, holds in conditions.items() if holds]

    def problem(self, status: str) -> Schema:
        """The answer of this status, with what the view says beside its problems."""
        name, sentence = PROBLEMS[status]
        beside = self.view.beside_problems.get(self.view.action, {}).get(status)
        codes = codes_of(None if status == "default" else int(status))
        code = self.component(f"{name}Code", {"type": "string", "enum": codes})
        schema = problem_schema(sentence, code.ref)
        if beside is not None:
            name += f"With{beside.__name__.removesuffix('Serializer')}"
            schema = self.with_fields(schema, beside)
        answer = {"schema": self.component(name, schema).ref}
        if examples := [
            each for each in self.get_examples() if status in (each.status_codes or ())
        ]:
            answer["examples"] = {each.name: {"value": each.value} for each in examples}
        response: Schema = {"description": sentence, "content": {"application/json": answer}}
        if headers := PROBLEM_HEADERS.get(status):
            response["headers"] = {
                name: {"description": told, "schema": shape}
                for name, (told, shape) in headers.items()
            }
        return response

    def component(self, name: str, schema: Schema) -> ResolvedComponent:
        """A schema that has a name of its own; the first that is given it stays."""
        component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema, object=name)
        self.registry.register_on_missing(component)
        return component

    def with_fields(self, schema: Schema, beside: type[Serializer]) -> Schema:
        more = self._map_serializer(beside, "response")
        return {
            **schema,
            "required": [*schema["required"], *more.get("required", ())],
            "properties": {**schema["properties"], **more["properties"]},
        }


def problem_schema(sentence: str, code: Schema) -> Schema:
    """The one shape of problems, with the schema of the codes that it may have."""
    return {
        "type": "object",
        "description": sentence,
        "required": ["success", "message", "code", "errors", "request_id"],
        "properties": {
            "success": {"type": "boolean", "const": False},
            "message": {"type": "string", "description": "A sentence for people."},
            "code": code,
            "errors": {
                "type": "object",
                "description": "Sentences by field, inner ones as `address.zip`.",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
            "request_id": {"type": "string", "description": "Stands in the clinic's log, too."},
        },
    }
