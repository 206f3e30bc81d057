"""`GET /metrics`, for Prometheus."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from prometheus_client.exposition import choose_encoder
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from clinic.api.errors import Problem
from clinic.api.views import ClinicViewSet
from clinic.database import timeouts
from clinic.metrics import gauges, requests
from clinic.metrics.machine import MachineCollector


class AnyAccept(DefaultContentNegotiation):
    """Serves whoever asks, whatever they accept: there is one form of the figures."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class MetricsViewSet(ClinicViewSet):
    anonymous_actions = frozenset({"metrics"})
    permissions = {"metrics": ""}
    authentication_classes = ()  # It has a token of its own.
    content_negotiation_class = AnyAccept
    # What is asked of the database.
    asked: Sequence[gauges.Figures] = (
        gauges.jobs,
        gauges.workers,
        gauges.notification_gauges,
        gauges.connections,
    )

    @extend_schema(
        responses={
            (200, "text/plain"): OpenApiTypes.STR,
        },
        auth=[{"metrics": []}],
    )
    def metrics(self, request: Request) -> HttpResponse:
        """Show metrics.

        How the clinic runs, for Prometheus: requests by route and how long they take, database
        connections, jobs, mails and appointments by status, the job worker, the disk and the
        cache.

        It takes the server's `METRICS_TOKEN` as a Bearer token, and no token of a person.
        """
        check_token(request)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        with timeouts.answering_soon():
            text = encode(
                gauges.Together(
                    requests.counted_requests(),
                    MachineCollector(),
                    gauges.DatabaseCollector(self.asked),
                )
            )
        return HttpResponse(text, content_type=content_type, headers={"Cache-Control": "no-store"})


def check_token(request: Request) -> None:
    """Raise what whoever doesn't bear `METRICS_TOKEN` is answered."""
    if not settings.METRICS_TOKEN:
        raise NotFound
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    is_right = constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    if scheme.lower() != "bearer" or not is_right:
        raise Problem(
            401,
            message="The figures open with METRICS_TOKEN as a Bearer token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
