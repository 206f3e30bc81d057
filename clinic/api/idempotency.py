"""`Idempotency-Key`: a request that is sent again is answered again, and does nothing."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.address import client_address
from clinic.api.attempts import Handler, attempt_whole
from clinic.api.circumstances import SOON
from clinic.api.errors import INVALID, REQUEST_IN_PROGRESS, STEP_UP_REQUIRED, Problem
from clinic.api.rendering import QuickRenderer
from clinic.models import IdempotencyKey

KEPT = timedelta(hours=24)
KEY = re.compile(r"[\x20-\x7e]{1,255}")
KEPT_HEADERS = ("Location", "ETag")


def answer_once(view: Any, handler: Handler, request: Request, *args, **kwargs) -> HttpResponse:
    """What the view's method answers, honouring `Idempotency-Key`.

    What the method did and the answer that it gave are written in one transaction. Refusals
    (4xx) are answered again, too; 429, 5xx and `step_up_required` are tried anew.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return attempt_whole(view, handler, request, *args, **kwargs)
    if not KEY.fullmatch(key):
        raise Problem(400, message="Idempotency-Key takes 1 to 255 printable characters.")
    asked = {"caller": caller_of(request), "route": request.path.rstrip("/"), "key": key}
    digest = digest_of(request.data)
    with transaction.atomic():
        hold_key(asked)
        if stored := kept_answer(asked):
            return replay(stored, digest)
        response = attempt_whole(view, handler, request, *args, **kwargs)
        if is_final(response):
            keep_answer(asked, digest, response)
    return response


def is_final(response: Response) -> bool:
    """Will the same request be answered so, as long as nothing else happens?"""
    is_step_up = response.status_code == 403 and response.data["code"] == STEP_UP_REQUIRED
    return response.status_code < 500 and response.status_code != 429 and not is_step_up


def caller_of(request: Request) -> str:
    user = request.user
    return str(user.pk) if user.is_authenticated else client_address(request)


def hold_key(asked: dict[str, str]) -> None:
    """Take the key's lock until the transaction ends, or say that another request has it."""
    number = int.from_bytes(hashlib.sha256(json.dumps(asked).encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            message = "The first request with this Idempotency-Key is still running."
            raise Problem(409, REQUEST_IN_PROGRESS, message, headers={"Retry-After": SOON})


def kept_answer(asked: dict[str, str]) -> IdempotencyKey | None:
    return IdempotencyKey.objects.filter(**asked, created_at__gt=timezone.now() - KEPT).first()


def replay(stored: IdempotencyKey, digest: bytes) -> HttpResponse:
    if bytes(stored.body_digest) != digest:
        sentence = "This key was used with another body."
        raise Problem(422, INVALID, sentence, {"Idempotency-Key": [sentence]})
    headers = {**stored.headers, "Idempotent-Replayed": "true"}
    response = HttpResponse(
        stored.body, status=stored.status, headers=headers, content_type="application/json"
    )
    if not stored.body:
        del response["Content-Type"]
    return response


def keep_answer(asked: dict[str, str], digest: bytes, response: Response) -> None:
    answer = {
        "body_digest": digest,
        "status": response.status_code,
        "headers": {name: response[name] for name in KEPT_HEADERS if name in response},
        "body": QuickRenderer().render(response.data).decode() if response.data is not None else "",
        "created_at": timezone.now(),
    }
    IdempotencyKey.objects.update_or_create(**asked, defaults=answer)


def digest_of(data: Any) -> bytes:
    """HMAC-SHA-256 over a parsed body's content: neither spaces nor the names' order count.

    A body may hold a password, which a plain digest would let guess far faster than its hash.
    """
    if isinstance(data, QueryDict):
        data = {name: [content_of(value) for value in values] for name, values in data.lists()}
    content = json.dumps(data, sort_keys=True)
    return salted_hmac("clinic.idempotency", content, algorithm="sha256").digest()


def content_of(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return f"file:{digest.hexdigest()}"
