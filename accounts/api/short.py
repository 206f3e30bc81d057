"""The short way of the few reads that clients send all day.

An ordinary request (a good token of staff who may, the usual query, no header that asks for more)
is answered by two statements: who asks; and what is shown, with its row in the access log. Whatever
is not ordinary goes the long way, through REST framework, which alone says what is wrong with it.
So do patients, as whom they act for depends on the day and on ages. Both ways answer the same
bytes: `tests/test_short_ways.py` holds that.
"""

from functools import cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed

from accounts.api.authentication import TokenAuthentication
from accounts.models import User
from accounts.services.sign_ins import note_use, token_sign_in
from clinic.api.fields import CANONICAL_UUID
from clinic.api.rendering import QuickRenderer
from clinic.api.views import ClinicViewSet
from clinic.statements import Statement, stand_in_key

ACCEPTED = frozenset({"", "*/*", "application/json", "application/json, text/plain, */*"})
# Headers that ask for more than to be shown something.
ASKING = frozenset({"HTTP_IDEMPOTENCY_KEY", "HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"})


def ordinary_caller(view: ClinicViewSet, request: HttpRequest, action: str) -> User | None:
    """Who sends this request, if it is an ordinary one and they may do this."""
    meta = request.META
    scheme, _, token = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    is_asking = not ASKING.isdisjoint(meta) or meta.get("HTTP_ACCEPT", "") not in ACCEPTED
    if scheme != "Bearer" or not token.isascii() or is_asking:
        return None
    try:
        claims = TokenAuthentication().get_validated_token(token.encode())
    except AuthenticationFailed:
        return None
    sign_in = token_sign_in(claims)
    user = sign_in and sign_in.user
    if user is None or not user.is_staff or user.must_change_password:
        return None
    if not user.has_perm(view.permissions[action]):
        return None
    note_use(sign_in)
    request.user = user
    return user


def visible_record(model: Any, user: Any, key: UUID | str) -> Any:
    """The record of this key, if it is one that this user of staff may see; else None."""
    if not user.is_staff or not CANONICAL_UUID.fullmatch(str(key)):
        return None
    found = by_key(model, user.role).records(user=user.pk, key=key)
    return found[0] if found else None


@cache
def by_key(model: Any, role: str) -> Statement:
    user, key = stand_in_key(), stand_in_key()
    visible = model.objects.visible_to(User(pk=user, role=role)).filter(pk=key)
    return Statement(visible.order_by(), user=user, key=key).extended("{} LIMIT 1")


def short_answer(view: ClinicViewSet, data: Any, **headers: str) -> HttpResponse:
    """200, as REST framework and `ClinicViewSet` make it."""
    headers |= {
        "Allow": ", ".join(view.allowed_methods),
        "Vary": "Authorization",
        "Cache-Control": "private, no-store",
    }
    content = QuickRenderer().render(data)
    return HttpResponse(content, content_type="application/json", headers=headers)
