"""What the OpenAPI document says of every route beside what its view says."""

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
ANSWER = {
    "description": "Not done; `code` and `errors` say why.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def complete(result: dict, generator, request, public) -> dict:
    """drf-spectacular's hook: paths are named without their optional slash, and every operation
    may answer with a problem."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    result["paths"] = {path.rstrip("/"): methods for path, methods in result["paths"].items()}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", ANSWER)
    return result
