import json
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.renderers import JSONRenderer

from clinic.api.errors import Problem

DEEPEST = 32
# Every byte is a character in it, so that nothing is lost before it is known to be UTF-8.
TRANSPARENT = "latin-1"


class StrictJSONParser(BaseParser):
    """JSON (RFC 8259) in UTF-8 of at most `MAX_JSON_BYTES`, without NaN and repeated names."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        try:
            data = json.loads(
                read_bounded(stream).decode(),
                object_pairs_hook=without_repeats,
                parse_constant=refuse_body,
            )
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not valid JSON.") from error
        if is_deeper(data, DEEPEST):
            raise ParseError(f"The body is nested more than {DEEPEST} levels deep.")
        return data


class StrictFormParser(BaseParser):
    """A form in UTF-8 of at most `MAX_JSON_BYTES`."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream, media_type=None, parser_context=None) -> QueryDict:
        body = read_bounded(stream)
        if not is_utf8(body):
            raise ParseError("The form is not UTF-8.")
        return QueryDict(body)


class StrictMultiPartParser(MultiPartParser):
    """A form with files, in UTF-8. Django's own parser replaces what isn't."""

    def parse(self, stream, media_type=None, parser_context=None) -> DataAndFiles:
        context = {**(parser_context or {}), "encoding": TRANSPARENT}
        parsed = super().parse(stream, media_type, context)
        data = QueryDict(mutable=True)
        files: MultiValueDict = MultiValueDict()
        try:
            for name, texts in parsed.data.lists():
                data.setlist(as_utf8(name), [as_utf8(text) for text in texts])
            for name, uploads in parsed.files.lists():
                files.setlist(as_utf8(name), uploads)
        except UnicodeError as error:
            raise ParseError("The form is not UTF-8.") from error
        return DataAndFiles(data, files)


def read_bounded(stream) -> bytes:
    body = stream.read(settings.MAX_JSON_BYTES + 1)
    if len(body) > settings.MAX_JSON_BYTES:
        raise Problem(413)
    return body


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("A name stands twice in one object.")
    return result


def refuse_body(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")


def is_deeper(data: Any, levels: int) -> bool:
    """Are arrays and objects nested deeper than so many levels?"""
    layer = [data]
    for _ in range(levels + 1):
        layer = [
            inner
            for value in layer
            if isinstance(value, list | dict)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(layer)


def is_utf8(encoded: bytes | str) -> bool:
    """Is this query or form UTF-8, its percent signs read?"""
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeError:
        return False
    return True


def as_utf8(text: str) -> str:
    return text.encode(TRANSPARENT).decode()
