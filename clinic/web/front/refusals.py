"""Answers that are given without Django, so that they cost next to nothing when all is busy."""

import json
import uuid
from functools import lru_cache
from typing import Any

from csp.constants import HEADER
from csp.utils import build_policy
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from clinic.api.errors import Problem, is_api_path
from clinic.web.policy import FIXED

Headers = list[tuple[str, str]]
ALWAYS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
JSON, PAGE = "application/json", "text/html; charset=utf-8"


def quick_answer(environ: Any, path: str, problem: Problem) -> tuple[int, Headers, bytes]:
    """A problem in the API's shape for programs, and as a page for people."""
    number = uuid.uuid4().hex
    accepted = environ.get("HTTP_ACCEPT", "")
    wants_json = "application/json" in accepted and "text/html" not in accepted
    if is_api_path(path) or wants_json:
        told = {**problem.body(None), "request_id": number}
        kind, body = JSON, json.dumps(told).encode()
    else:
        kind, body = PAGE, page_of(problem.status_code, problem.message, language_of(environ))
    headers = [("Content-Type", kind), ("X-Request-ID", number), *of_safety()]
    headers += problem.headers.items()
    return problem.status_code, headers, body


@lru_cache(maxsize=1)
def of_safety() -> Headers:
    """What Django's own answers have, too."""
    headers = [*ALWAYS, *FIXED.items(), (HEADER, build_policy())]
    headers.append(("Referrer-Policy", settings.SECURE_REFERRER_POLICY))
    headers.append(("Cross-Origin-Opener-Policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY))
    if settings.SECURE_HSTS_SECONDS:
        age = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
        headers.append(("Strict-Transport-Security", age))
    return headers


@lru_cache(maxsize=64)
def page_of(status: int, sentence: str, language: str) -> bytes:
    with translation.override(language):
        name = "507.html" if status == 507 else "refused.html"
        told = {
            "status": status,
            "sentence": sentence,
            "clinic": settings.CLINIC_NAME,
            "phone": settings.CLINIC_PHONE,
            "email": settings.CLINIC_EMAIL,
        }
        return render_to_string(name, told).encode()


def language_of(environ: Any) -> str:
    """The first language that the browser names and the clinic has; else the clinic's own."""
    known = [code for code, _ in settings.LANGUAGES]
    for code, _ in parse_accept_lang_header(environ.get("HTTP_ACCEPT_LANGUAGE", "")[:500]):
        if (short := code.partition("-")[0]) in known:
            return short
    return settings.LANGUAGE_CODE
