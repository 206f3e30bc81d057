from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.viewsets import GenericViewSet

from clinic.api import etags
from clinic.api.fields import CANONICAL_UUID
from clinic.api.serializers import NoQuery


class ClinicViewSet(GenericViewSet):
    """What all resources of the API have in common."""

    # The permission that each action needs (see `accounts.roles`).
    permissions: dict[str, str] = {}
    # Actions that need none of those who aren't signed in.
    anonymous_actions: frozenset[str] = frozenset()
    # The serializers that read the queries of actions; all other actions take no query.
    queries: dict[str, type[Serializer]] = {}
    # What actions read that take something else than JSON.
    parsers: dict[str, list[type[BaseParser]]] = {}
    # The API's names of the model's fields that it calls otherwise.
    error_names: dict[str, str] = {}
    lookup_url_kwarg = "id"

    def get_parsers(self) -> list[BaseParser]:
        # REST framework asks for them before it sets `self.action`.
        action = self.action_map.get((self.request.method or "").lower(), "")
        return [parser() for parser in self.parsers.get(action, self.parser_classes)]

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        self.query = self.read_query(request)

    def read_query(self, request: Request) -> dict[str, Any]:
        """The valid query of the request. An unknown or repeated parameter is refused."""
        repeated = [name for name, values in request.query_params.lists() if len(values) > 1]
        if repeated:
            raise ValidationError({name: ["Given more than once."] for name in repeated})
        return self.read(self.queries.get(self.action or "", NoQuery), request.query_params)

    def read(self, serializer_class: type[Serializer], data: Any) -> dict[str, Any]:
        serializer = serializer_class(data=data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def get_object(self) -> Model:
        return self.find(self.get_queryset(), self.kwargs["id"])

    def find(self, queryset: QuerySet, id: Any) -> Model:
        """The row of this id; not found where the id is no UUID or not in the queryset."""
        if not CANONICAL_UUID.fullmatch(str(id)):
            raise NotFound
        row = queryset.filter(pk=id).first()
        if row is None:
            raise NotFound
        return row

    def find_for_update(self, model: type[Model]) -> Model:
        """The object, its row locked, if what the client read of it still holds (`If-Match`)."""
        instance = self.get_object()
        model._default_manager.select_for_update(no_key=True).get(pk=instance.pk)
        instance = self.get_object()
        etags.check_match(self.request, self.get_serializer(instance).data)
        return instance

    def paged(self, queryset: QuerySet) -> Response:
        page = self.paginate_queryset(queryset)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def single(self, instance: Model, **extra: Any) -> Response:
        """One record with its `ETag`; 304 where the client has it already."""
        data = self.get_serializer(instance).data
        tag = etags.etag_of(data)
        if etags.is_known(self.request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        return Response({**data, **extra}, headers={"ETag": tag})

    def created(self, instance: Model, path: str) -> Response:
        """201 with the record, its `Location` and its `ETag`."""
        response = self.single(instance)
        response.status_code = status.HTTP_201_CREATED
        response["Location"] = self.request.build_absolute_uri(f"{path}/{instance.pk}")
        return response
