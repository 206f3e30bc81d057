from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from rest_framework import status
from rest_framework.exceptions import NotFound, ParseError, Throttled
from rest_framework.parsers import BaseParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from clinic.api import etags
from clinic.api.attempts import attempt_whole
from clinic.api.budget import check_parameters
from clinic.api.errors import Problem
from clinic.api.fields import CANONICAL_UUID
from clinic.api.idempotency import answer_once
from clinic.api.parsers import TRANSPARENT, is_utf8
from clinic.api.serializers import NoBody, NoQuery
from clinic.errors import WRONG_STATE
from clinic.web.limits import seconds_to_wait

MERGED = "This record was merged into {}: send it there."
Service = Callable[..., Any]
NOT_HONOURED = "This header is not honoured here."


class ClinicViewSet(GenericViewSet):
    """What all resources of the API have in common."""

    # The permission that each action needs (see `accounts.roles`).
    permissions: dict[str, str] = {}
    # Actions that need none of those who aren't signed in.
    anonymous_actions: frozenset[str] = frozenset()
    # Actions that are open to who must change a password that somebody else has set.
    open_to_given_passwords: frozenset[str] = frozenset()
    # The serializers that read the queries of actions; all other actions take no query.
    queries: dict[str, type[Serializer]] = {}
    # What actions read that take something else than JSON.
    parsers: dict[str, list[type[BaseParser]]] = {}
    # Limits of actions, by their name in `RATE_LIMITS`.
    limits: dict[str, str] = {}
    # Actions whose answers have an `ETag`, and those that honour `If-Match`.
    tagged: frozenset[str] = frozenset()
    matched: frozenset[str] = frozenset()
    # Actions whose answers hold secrets: nothing of them is kept for an `Idempotency-Key`.
    secret_actions: frozenset[str] = frozenset()
    # Actions that answer 201 with a `Location`.
    located: frozenset[str] = frozenset()
    # By action and status, what stands at the top level of a problem, beside what went wrong.
    beside_problems: dict[str, dict[str, type[Serializer]]] = {}
    # The API's names of the model's fields that it calls otherwise.
    error_names: dict[str, str] = {}
    # Do ids of records that were merged lead to those that stand for them now? The query set
    # knows by `standing_for(id)`; `get_object()` tells the client.
    leads_on = False
    standing_address = ""  # Of the record that stands for the one that was asked for.
    lookup_url_kwarg = "id"
    # Reads that have a short way (see `accounts.api.short`): what answers them, or gives None.
    short_ways: dict[str, Callable[..., HttpResponse | None]] = {}

    def get_parsers(self) -> list[BaseParser]:
        return [parser() for parser in self.parsers.get(self.named_action, self.parser_classes)]

    @property
    def named_action(self) -> str:
        """The action, for what REST framework asks before it sets `self.action`."""
        request: Request | None = self.request
        if request is None:  # The OpenAPI document is being made.
            return self.action or ""
        return self.action_map.get((request.method or "").lower(), "")

    def dispatch(self, request, *args, **kwargs):
        """Every change is done whole or not at all, and every POST honours `Idempotency-Key`."""
        short = self.short_ways.get(self.named_action) if request.method == "GET" else None
        if short is not None and (response := short(self, request, **kwargs)) is not None:
            return response
        for method in ("post", "put", "patch", "delete"):
            if handler := getattr(self, method, None):
                done = answer_once if method == "post" else attempt_whole
                setattr(self, method, partial(done, self, handler))
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        if self.action in self.permissions:
            self.check_headers(request)
            self.query = self.read_query(request)
        name = self.limits.get(self.action or "")
        if name and self.is_limited() and (wait := seconds_to_wait(request, name)):
            raise Throttled(wait)

    def check_headers(self, request: Request) -> None:
        """Refuse a header that asks for what isn't done here: its sender counts on it."""
        honoured = {
            "Idempotency-Key": request.method == "POST" and self.action not in self.secret_actions,
            "If-Match": self.action in self.matched,
            "If-None-Match": request.method in ("GET", "HEAD"),
        }
        given = [name for name in honoured if name in request.headers and not honoured[name]]
        if given:
            message = f"Not honoured here: {', '.join(given)}."
            raise Problem(400, message=message, errors={name: [NOT_HONOURED] for name in given})

    def is_limited(self) -> bool:
        """Does the limit of the action hold for whoever asks?"""
        return True

    def finalize_response(self, request, response, *args, **kwargs):
        """What is answered depends on who asks: no cache may hand it to anybody else, and of what
        isn't for everybody, none keeps a copy."""
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization"])
        if self.action in self.secret_actions:
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers["Pragma"] = "no-cache"  # RFC 6749, 5.1.
        is_of_somebody = "Authorization" in request.headers
        kept = "private, no-store" if is_of_somebody else "private, no-cache"
        response.headers.setdefault("Cache-Control", kept)
        if self.standing_address and response.status_code < status.HTTP_400_BAD_REQUEST:
            response.headers["Content-Location"] = self.standing_address
        if "ETag" in response and self.action not in self.tagged:
            raise AssertionError(f"{self.action} has a tag that the document doesn't promise")
        if "Location" in response and self.action not in self.located:
            raise AssertionError(f"{self.action} has a Location that the document doesn't promise")
        return response

    def options(self, request: Request, *args, **kwargs) -> Response:
        """Which methods the route has: in `Allow`, as with every answer."""
        return Response(status=status.HTTP_204_NO_CONTENT)

    def read_query(self, request: Request) -> dict[str, Any]:
        """The valid query of the request. An unknown or repeated parameter is refused."""
        query = request.META.get("QUERY_STRING", "")
        check_parameters(query)
        if not is_utf8(query.encode(TRANSPARENT)):
            raise ParseError("The query is not UTF-8.")
        return self.read(self.queries.get(self.action or "", NoQuery), request.query_params)

    def read(self, serializer_class: type[Serializer], data: Any) -> dict[str, Any]:
        serializer = serializer_class(data=data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def get_object(self) -> Model:
        """The record of the address. Where another one stands for it since the two were merged,
        that one is read in its place; it is changed at its own address alone."""
        asked = self.kwargs["id"]
        row = self.find(self.get_queryset(), asked)
        if str(row.pk) == str(asked).lower():
            return row
        if not self.leads_on:
            raise AssertionError("The document doesn't promise that ids lead to other records")
        self.standing_address = self.request.path.replace(str(asked), str(row.pk)).rstrip("/")
        if self.request.method not in SAFE_METHODS:
            link = {"Link": f'<{self.standing_address}>; rel="canonical"'}
            raise Problem(409, WRONG_STATE, MERGED.format(row.pk), headers=link)
        return row

    def find(self, queryset: QuerySet, id: Any) -> Model:
        """The row of this id, or the one that stands for it; not found where the id is no UUID,
        or leads nowhere in the queryset."""
        if not CANONICAL_UUID.fullmatch(str(id)):
            raise NotFound
        row = queryset.filter(pk=id).first()
        if row is None and hasattr(queryset, "standing_for"):
            row = queryset.standing_for(id).first()
        if row is None:
            raise NotFound
        return row

    def read_no_body(self) -> None:
        """Refuse what a request that needs no body says in it."""
        self.read(NoBody, self.request.data)

    def get_locked(self) -> Model:
        """The object, its row locked until the transaction ends."""
        instance = self.get_object()
        rows = type(instance)._default_manager.select_for_update(no_key=True)
        list(rows.filter(pk=instance.pk))
        return self.get_object()

    def get_matching(self) -> Model:
        """The object, locked, if what the client read of it still holds (`If-Match`)."""
        instance = self.get_locked()
        self.check_unchanged(instance)
        return instance

    def check_unchanged(self, instance: Model) -> None:
        """Raise 412 where this isn't what the client has read (`If-Match`)."""
        if "If-Match" in self.request.headers:
            self.check_match(etags.etag_of(self.get_serializer(instance).data))

    def check_match(self, tag: str) -> None:
        """See `etags.check_match()`. Only for actions in `matched`: the document tells of them."""
        if self.action not in self.matched:
            raise AssertionError(f"{self.action} is not in `matched`")
        etags.check_match(self.request, tag)

    def paged(self, queryset: QuerySet) -> Response:
        page = self.paginate_queryset(queryset)
        self.note_shown(page, is_list=True)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def single(self, instance: Model, **extra: Any) -> Response:
        """One record with its `ETag`; 304 where the client has it already."""
        data = self.get_serializer(instance).data
        tag = etags.etag_of(data)
        if etags.is_known(self.request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        self.note_shown([instance])
        return Response({**data, **extra}, headers={"ETag": tag})

    def tagged_answer(self, data: Any) -> Response:
        """What names no patient, with its `ETag`; 304 where the client has it already."""
        tag = etags.etag_of(data)
        if etags.is_known(self.request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        return Response(data, headers={"ETag": tag})

    def beside_problem(self, error: Exception) -> dict[str, Any]:
        """What stands in the answer of a request that failed, beside what went wrong."""
        return {}

    def note_shown(self, records: Sequence[Model], is_list: bool = False) -> None:
        """Called before records are shown, for resources whose readers are noted."""

    def created(self, instance: Model, path: str, **extra: Any) -> Response:
        """201 with the record, its `Location` and its `ETag`."""
        response = self.single(instance, **extra)
        response.status_code = status.HTTP_201_CREATED
        response["Location"] = self.request.build_absolute_uri(f"{path}/{instance.pk}")
        return response

    @transaction.atomic
    def changed(self, change: Service, partial: bool) -> Response:
        """The record as the service left it, if `If-Match` holds and what was sent is valid."""
        serializer = self.get_serializer(
            self.get_matching(), data=self.request.data, partial=partial
        )
        serializer.is_valid(raise_exception=True)
        change(serializer.build(serializer.validated_data), by=self.request.user)
        return self.single(self.get_object())

    @transaction.atomic
    def deleted(self, delete: Service) -> Response:
        """204, if `If-Match` holds and the service lets the record go."""
        instance = self.get_matching()
        self.read_no_body()
        delete(instance, by=self.request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
