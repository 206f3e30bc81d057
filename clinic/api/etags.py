"""Entity tags (RFC 9110, 8.8.3): one for each content of a record's representation."""

import hashlib
import json
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from clinic.api.errors import Problem


def etag_of(data: Any) -> str:
    text = json.dumps(data, cls=JSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Does a reading client have this content already (`If-None-Match`)?"""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return request.method in ("GET", "HEAD") and (
        "*" in given or tag in [candidate.removeprefix("W/") for candidate in given]
    )


def check_match(request: Request, tag: str) -> None:
    """Raise 412 where the request has an `If-Match` that doesn't name the content of this tag.

    The tag is empty where there is no content yet.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    given = parse_etags(header)
    if not given:
        raise Problem(400, message="If-Match takes entity tags in double quotes.")
    if not tag or ("*" not in given and tag not in given):
        raise Problem(412)
