"""The OpenAPI document as a whole: what no single route says."""

import json
from typing import Any

from django.conf import settings

from clinic.api.budget import (
    LONGEST_NAME,
    MOST_FAULTS,
    MOST_MEMBERS,
    MOST_MEMBERS_SIGNED_IN,
    MOST_PARAMETERS,
)
from clinic.api.schema import RUNNING, Schema

DESCRIPTION = f"""\
Patients, doctors and appointments of an outpatient clinic.

- Instants are RFC 3339 with an offset, UTC out; days and clock times are those of the clinic's zone
  (`GET /api/v1/clinic`).
- Whatever isn't done is answered in one shape: `code` is for programs, `message` for people,
  `errors` names fields, the first {MOST_FAULTS} of more. Unknown fields, parameters and headers
  that can't be honoured are refused.
- `POST /api/v1/auth/login` gives an access token, which goes into `Authorization: Bearer ...`, and
  a refresh token. Accounts with a second factor send `otp` along.
- A body without files has at most 1 MiB and {MOST_MEMBERS_SIGNED_IN:,} names and entries of lists;
  without a sign-in 64 KiB and {MOST_MEMBERS:,}. Names have at most {LONGEST_NAME} characters,
  queries {MOST_PARAMETERS} parameters, addresses 8 KiB, headers 16 KiB.
- `Idempotency-Key` makes a POST safe to send again, `If-Match` a change safe against others'.
"""
TAGS = {
    "appointments": "Booking, moving and cancelling, and the steps of a visit.",
    "auth": "Accounts: tokens, passwords, and where one is signed in.",
    "clinic": "What a client needs to know of the clinic.",
    "closures": "Days on which the whole clinic is closed.",
    "doctors": "Doctors, their hours, absences, free times, patients and calendars.",
    "appointment-series": "Visits that are booked at once by a rule, and changed together.",
    "group-sessions": "Times of a doctor for several patients at once, and who takes part.",
    "locations": "The clinic's places.",
    "patient": "What patients do themselves: an account, and their own record.",
    "patients": "The records of patients, for staff; and quick registration without an account.",
    "provider": "Doctors who apply.",
    "resources": "Rooms and equipment, and when they are out of service.",
    RUNNING: "How the clinic runs: for monitors and load balancers.",
    "services": "Visit types: what patients can come for.",
    "slots": "Free times of all doctors.",
    "emergency-accesses": "Records that an emergency has opened to a doctor for a while.",
    "waitlist": "Who waits for a time to become free.",
}
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


def complete(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """drf-spectacular's hook: who answers, paths without their optional slash, bodies that take
    only known fields, forms that name the inner ones as forms do, and files in forms alone."""
    result["info"] |= {
        "description": DESCRIPTION,
        "contact": {"name": settings.CLINIC_NAME, "email": settings.CLINIC_EMAIL},
        "license": {"name": "MIT", "identifier": "MIT"},
    }
    result["servers"] = [{"url": "/", "description": "Where this document is."}]
    result["paths"] = {path.rstrip("/"): methods for path, methods in result["paths"].items()}
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        for shape in schema.get("properties", {}).values():
            simplify(shape)
        if name.endswith("Request"):
            schema["additionalProperties"] = False
        if name in ("AnyDoctor", "Registered"):  # What fits the longer form fits the shorter one.
            schema["anyOf"] = schema.pop("oneOf")
    operations = [each for verbs in result["paths"].values() for each in verbs.values()]
    used = {tag for operation in operations for tag in operation["tags"]}
    result["tags"] = [
        {"name": name, "description": told} for name, told in TAGS.items() if name in used
    ]
    for operation in operations:
        content = operation.get("requestBody", {}).get("content", {})
        for media_type in {*FORMS} & {*content}:
            content[media_type] |= as_form(content[media_type]["schema"], schemas)
            operation["requestBody"]["required"] = True
    for name, schema in schemas.items():
        if name.endswith("Request"):
            without_files(schema)
    drop_unused(result)
    return result


def simplify(shape: Schema) -> None:
    """Leave out what makes generators leave out the field, or require it.

    Bodies and answers have schemas of their own: none of their fields is one-sided.
    """
    for word in ("readOnly", "writeOnly", "default"):
        shape.pop(word, None)
    if len(shape.get("allOf", ())) == 1:
        shape.update(shape.pop("allOf")[0])


def as_form(reference: Schema, schemas: Schema) -> Schema:
    """The form of this body: the inner fields of an object are named `address.street`, nothing is
    null, and files have their types."""
    name = reference["$ref"].rpartition("/")[2]
    schema = schemas[name]
    required = set(schema.get("required", ()))
    properties: Schema = {}
    needed: list[str] = []
    for field, shape in schema["properties"].items():
        inner = resolved(shape, schemas)
        if "properties" not in inner:
            properties[field] = not_null(shape)
            needed += [field] * (field in required)
            continue
        for key, deeper in inner["properties"].items():
            properties[f"{field}.{key}"] = not_null(deeper)
        if field in required:
            needed += [f"{field}.{key}" for key in inner.get("required", ())]
    form = f"{name.removesuffix('Request')}Form"
    schemas[form] = {**schema, "properties": properties, "required": needed}
    files = [field for field, shape in properties.items() if is_file(shape)]
    body: Schema = {"schema": {"$ref": f"#/components/schemas/{form}"}}
    if files:
        body["encoding"] = {field: {"contentType": "image/jpeg, image/png"} for field in files}
    return body


def resolved(schema: Schema, schemas: Schema) -> Schema:
    """The schema itself, where this is only its name, or its name or null."""
    for variant in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ())):
        if reference := variant.get("$ref"):
            return schemas[reference.rpartition("/")[2]]
    return schema


def not_null(schema: Schema) -> Schema:
    """The same without null, which a form can't hold."""
    if isinstance(schema.get("type"), list):
        (kind,) = set(schema["type"]) - {"null"}
        return {**schema, "type": kind}
    return schema


def is_file(schema: Schema) -> bool:
    return schema.get("format") == "binary"


def without_files(schema: Schema) -> None:
    """JSON holds no files."""
    files = {field for field, shape in schema["properties"].items() if is_file(shape)}
    for field in files:
        del schema["properties"][field]
    if "required" in schema:
        schema["required"] = [field for field in schema["required"] if field not in files]


def drop_unused(result: Schema) -> None:
    """Schemas that stood only for what is described otherwise by now."""
    schemas = result["components"]["schemas"]
    while True:
        text = json.dumps(result, default=str)
        unused = [name for name in schemas if f'"#/components/schemas/{name}"' not in text]
        if not unused:
            return
        for name in unused:
            del schemas[name]
