import json
from typing import Any, NoReturn
from urllib.parse import unquote_to_bytes

from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser
from rest_framework.renderers import JSONRenderer

from clinic.api.budget import check_names, check_shape, most_bytes
from clinic.api.errors import Problem

# Every byte is a character in it, so that nothing is lost before it is known to be UTF-8.
TRANSPARENT = "latin-1"


class StrictJSONParser(BaseParser):
    """JSON (RFC 8259) in UTF-8, within the request's budget, without NaN and repeated names."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(self, stream, media_type=None, parser_context=None) -> Any:
        check_charset(media_type)
        is_signed_in = comes_signed_in(parser_context)
        try:
            data = json.loads(
                read_bounded(stream, is_signed_in).decode(),
                object_pairs_hook=without_repeats,
                parse_constant=refuse_body,
            )
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not valid JSON.") from error
        check_shape(data, is_signed_in)
        return data


class StrictFormParser(BaseParser):
    """A form in UTF-8, within the request's budget."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream, media_type=None, parser_context=None) -> QueryDict:
        check_charset(media_type)
        body = read_bounded(stream, comes_signed_in(parser_context))
        if not is_utf8(body):
            raise ParseError("The form is not UTF-8.")
        form = QueryDict(body)
        check_names(form)
        return form


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
        check_names([*data, *files])
        if size_of(data) > most_bytes(comes_signed_in(parser_context)):
            raise Problem(413)
        return DataAndFiles(data, files)


def check_charset(media_type: str | None) -> None:
    """Raise 415 for a body that says of itself that it is not UTF-8: it would be read as that."""
    _, parameters = parse_header_parameters(media_type or "")
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Problem(415)


def comes_signed_in(context: Any) -> bool:
    """Has who sends this signed in? That is known before any of the body is read."""
    return bool(context) and context["request"].user.is_authenticated


def read_bounded(stream, is_signed_in: bool) -> bytes:
    most = most_bytes(is_signed_in)
    body = stream.read(most + 1)
    if len(body) > most:
        raise Problem(413)
    return body


def size_of(form: QueryDict) -> int:
    """The characters of a form's names and texts."""
    return sum(len(name) + sum(map(len, texts)) for name, texts in form.lists())


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("A name stands twice in one object.")
    return result


def refuse_body(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")


def is_utf8(encoded: bytes | str) -> bool:
    """Is this query or form UTF-8, its percent signs read?"""
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeError:
        return False
    return True


def as_utf8(text: str) -> str:
    return text.encode(TRANSPARENT).decode()
