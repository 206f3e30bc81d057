"""Is the clinic's machinery well? For people, for load balancers and for monitors."""

from django.conf import settings
from django.db import Error, connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.views import ClinicViewSet
from clinic.cache import shared_cache
from clinic.database import timeouts
from clinic.operations.disk import disk
from clinic.operations.status import late_jobs

WELLNESS = ("ok", "unavailable")
HEALTH = ("ok", "degraded", "unavailable")
ALWAYS_TOLD = ("status", "database", "jobs")


class StatusSerializer(serializers.Serializer):
    status = serializers.ChoiceField(WELLNESS)


class HealthSerializer(serializers.Serializer):
    """Of the whole, and of what it is made of."""

    status = serializers.ChoiceField(
        HEALTH, help_text="`degraded`: it serves, but something that it needs is not well."
    )
    database = serializers.ChoiceField(WELLNESS)
    jobs = serializers.ChoiceField(WELLNESS)
    cache = serializers.ChoiceField(
        WELLNESS, required=False, help_text="Told where it is not well: limits count by process."
    )
    disk = serializers.ChoiceField(
        WELLNESS, required=False, help_text="Told where it is full, or can't be written."
    )


class ClinicSerializer(serializers.Serializer):
    name = serializers.CharField()
    time_zone = serializers.CharField(help_text="Of days and clock times, as IANA names it.")
    phone_region = serializers.CharField(help_text="Whose national numbers are understood.")
    country = serializers.CharField(help_text="Of addresses that name none; ISO 3166 alpha-2.")


class HealthViewSet(ClinicViewSet):
    anonymous_actions = frozenset({"health", "live", "ready", "clinic"})
    permissions = {"health": "", "live": "", "ready": "", "clinic": ""}
    limits = {"health": "health"}
    authentication_classes = ()  # Monitors need none, and none of it asks the database.

    @extend_schema(responses={200: HealthSerializer, 503: HealthSerializer})
    def health(self, request: Request) -> Response:
        """Show the health.

        The database answers, and jobs are being worked off. Where the shared cache or the disk is
        not well, that is told, and requests are served all the same.
        """
        with timeouts.answering_soon():
            database = wellness(database_answers())
            jobs = wellness(database == "ok" and jobs_are_worked_off())
        answer = {"status": "ok", "database": database, "jobs": jobs, **what_is_not_well()}
        if len(answer) > len(ALWAYS_TOLD):
            answer["status"] = "degraded"
        if "unavailable" in (database, jobs):
            answer["status"] = "unavailable"
        return Response(answer, status=503 if answer["status"] == "unavailable" else 200)

    @extend_schema(operation_id="livez", responses=StatusSerializer)
    def live(self, request: Request) -> Response:
        """Show that the process lives.

        The process answers.
        """
        return Response({"status": "ok"})

    @extend_schema(operation_id="readyz", responses={200: StatusSerializer, 503: StatusSerializer})
    def ready(self, request: Request) -> Response:
        """Show that requests can be served.

        The process can serve requests: its database answers.
        """
        with timeouts.answering_soon():
            is_ready = database_answers()
        if is_ready:
            return Response({"status": "ok"})
        return Response({"status": "unavailable"}, status=503)

    @extend_schema(responses=ClinicSerializer)
    def clinic(self, request: Request) -> Response:
        """Describe the clinic.

        What a client needs to know of the clinic: its zone for days, its region for phones.
        """
        return Response(
            {
                "name": settings.CLINIC_NAME,
                "time_zone": settings.CLINIC_TIME_ZONE,
                "phone_region": settings.CLINIC_PHONE_REGION,
                "country": settings.CLINIC_COUNTRY,
            }
        )


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def jobs_are_worked_off() -> bool:
    """No job that is due has been waiting for a worker for too long."""
    try:
        return not late_jobs().exists()
    except Error:  # It went away in between.
        return False


def what_is_not_well() -> dict[str, str]:
    """Of what the clinic can do without for a while."""
    cache = shared_cache()
    is_well = {"cache": cache is None or cache.answers(), "disk": disk().is_well}
    return {name: "unavailable" for name, well in is_well.items() if not well}


def wellness(is_well: bool) -> str:
    return "ok" if is_well else "unavailable"
