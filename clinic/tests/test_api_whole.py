"""A request that changes something, and its answer, are of one transaction."""

from datetime import date

import pytest
from django.http import Http404
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from clinic.api.views import ClinicViewSet
from doctors.models import Closure

pytestmark = pytest.mark.django_db


class ClosingViewSet(ClinicViewSet):
    """Closes the clinic, and then fails as `fault` says."""

    anonymous_actions = frozenset({"close"})
    permissions = {"close": ""}
    authentication_classes = ()
    fault: Exception | None = None

    def close(self, request):
        day = date(2035, 3, 5)
        Closure.objects.create(starts_on=day, ends_on=day)
        if self.fault is not None:
            raise self.fault
        return Response({"day": day})


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("post", {"Idempotency-Key": "key"}),
        *((one, {}) for one in ("post", "put", "patch", "delete")),
    ],
)
@pytest.mark.parametrize(
    ("fault", "status", "stays"),
    [
        (None, 200, True),
        (Http404("Refused."), 404, True),  # As a try that counts does.
        (OverflowError("date value out of range"), 500, False),
    ],
)
def test_of_what_failed_in_making_its_answer_nothing_stays(method, key, fault, status, stays):
    view = ClosingViewSet.as_view({method: "close"}, fault=fault)

    response = view(getattr(APIRequestFactory(), method)("/", headers=key))

    assert response.status_code == status
    assert Closure.objects.exists() == stays
