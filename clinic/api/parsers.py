import json
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from clinic.api.errors import Problem


class StrictJSONParser(BaseParser):
    """JSON (RFC 8259) in UTF-8 of at most `MAX_JSON_BYTES`, without NaN and repeated names."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        body = stream.read(settings.MAX_JSON_BYTES + 1)
        if len(body) > settings.MAX_JSON_BYTES:
            while stream.read(64 * 1024):
                pass  # Read away: a sender that is cut off never sees the answer.
            raise Problem(413)
        try:
            return json.loads(
                body.decode(), object_pairs_hook=without_repeats, parse_constant=refuse
            )
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not valid JSON.") from error


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("A name stands twice in one object.")
    return result


def refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")
