"""Is the clinic's machinery well? For people, for load balancers and for monitors."""

from django.conf import settings
from django.db import Error, connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.views import ClinicViewSet
from clinic.operations.status import late_jobs

WELLNESS = ("ok", "unavailable")


class StatusSerializer(serializers.Serializer):
    status = serializers.ChoiceField(WELLNESS)


class HealthSerializer(StatusSerializer):
    """Of the whole, and of what it is made of."""

    database = serializers.ChoiceField(WELLNESS)
    jobs = serializers.ChoiceField(WELLNESS)


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

        The database answers, and jobs are being worked off.
        """
        database = "ok" if database_answers() else "unavailable"
        jobs = "ok" if database == "ok" and jobs_are_worked_off() else "unavailable"
        is_well = database == jobs == "ok"
        answer = {"status": "ok" if is_well else "unavailable", "database": database, "jobs": jobs}
        return Response(answer, status=200 if is_well else 503)

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
        if database_answers():
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
    return not late_jobs().exists()
