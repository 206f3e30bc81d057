"""The patients' pages ask the database the same number of questions, however large the clinic."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tests.console import signed_in
from appointments.models import WaitlistEntry
from appointments.tests.factories import AppointmentFactory
from appointments.tests.pages import (
    confirm_path,
    free_times,
    starts,
    verified_patient,
    working_doctor,
)
from patients.tests.relations import child_of

pytestmark = pytest.mark.django_db

SIZES = (1, 12, 50)
MOST = 16  # Queries of one page, those of the session and the access log included.


def pages(patient, doctors) -> dict[str, str]:
    slot, other = free_times(doctors[0])[-2:]
    visit = patient.appointments.order_by("-starts_at").first()
    move = f"/me/visits/{visit.pk}/move/"
    return {
        "home": "/me/",
        "past": "/me/visits/past/",
        "choose": "/me/book/",
        "any doctor": "/me/book/?specialization=General+practice",
        "one doctor": f"/me/book/?doctor={doctors[0].pk}",
        "a day": f"/me/book/?doctor={doctors[0].pk}&date={timezone.localdate(slot.starts_at)}",
        "confirm": confirm_path(slot),
        "visit": f"/me/visits/{visit.pk}/",
        "move": f"{move}?specialization=General+practice",
        "confirm the move": f"{move}?doctor={doctors[0].pk}&starts={starts(other.starts_at)}",
        "cancel": f"/me/visits/{visit.pk}/cancel/",
        "waitlist": f"/me/waitlist/?doctor={doctors[0].pk}",
        "people": "/me/people/",
    }


@pytest.mark.parametrize("acts", [False, True])
def test_queries_dont_grow_with_the_clinic(acts, settings):
    """Nor with the family of somebody who acts for one of its fifty."""
    settings.VISITS_AHEAD = 0
    patient = verified_patient()
    client = signed_in(patient.user)
    if acts:
        patient = [child_of(patient) for _ in range(50)][-1]
        client.post("/me/whose/", {"patient": str(patient.pk)})
    doctors, counts = [], {}
    for size in SIZES:
        while len(doctors) < size:
            doctors.append(working_doctor())
            slot = free_times(doctors[-1])[len(doctors)]
            AppointmentFactory(
                doctor=doctors[-1],
                patient=patient,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
            )
            AppointmentFactory.past(doctor=doctors[-1])
            WaitlistEntry.objects.create(
                patient=patient, doctor=doctors[-1], from_date="2030-01-01", to_date="2030-01-02"
            )
        for name, path in pages(patient, doctors).items():
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(path).status_code == 200, path
            counts.setdefault(name, []).append(len(queries))

    print(counts)
    assert all(len(set(each)) == 1 for each in counts.values()), counts
    assert max(max(each) for each in counts.values()) <= MOST, counts
