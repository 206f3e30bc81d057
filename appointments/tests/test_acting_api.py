"""A patient books, waits, reads and cancels for somebody else, through the API."""

import pytest

from accounts.models import AccessLog
from appointments.models import Appointment, AppointmentChange, SlotOffer, WaitlistEntry
from appointments.services import book, waitlist
from appointments.tests.factories import AppointmentFactory, next_monday
from appointments.tests.scheduling import doctor_working
from clinic.errors import NotAllowed
from clinic.tests.problems import V1, check_problem
from patients.models import Patient, RelatedPerson
from patients.tests.factories import PatientFactory
from patients.tests.relations import birthday, child_of, guardian, related

pytestmark = pytest.mark.django_db
PATH = f"{V1}/appointments"
UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.fixture
def mother():
    return guardian()


@pytest.fixture
def doctor():
    return doctor_working("09:00-17:00")


def asked(doctor, patient=None, hour: int = 9) -> dict:
    body = {"doctor_id": str(doctor.pk), "starts_at": next_monday(hour).isoformat()}
    return body | {"duration_minutes": 30} | ({"patient_id": str(patient)} if patient else {})


def test_a_visit_of_a_child_is_booked_moved_and_cancelled_by_its_mother(api, mother, doctor):
    child, client = child_of(mother), api(mother.user)

    booked = client.post(PATH, asked(doctor, child.pk), format="json")

    assert booked.status_code == 201, booked.content
    visit = Appointment.objects.get()
    assert (visit.patient, visit.created_by) == (child, mother.user)
    noted = AccessLog.objects.first()
    assert (noted.patients, noted.user) == ([child.pk], mother.user)
    where = booked["Location"]
    assert client.get(f"{where}/invite.ics").status_code == 200
    later = {"starts_at": next_monday(11).isoformat()}
    assert client.post(f"{where}/reschedule", later, format="json").status_code == 200
    assert client.post(f"{where}/cancel", {}, format="json").status_code == 200
    assert set(AppointmentChange.objects.values_list("by", flat=True)) == {mother.user.pk}


def test_without_an_id_it_is_the_callers_own_and_limits_count_by_patient(
    api, mother, doctor, settings
):
    settings.VISITS_AHEAD_PER_DAY = 1
    child, client = child_of(mother), api(mother.user)

    own = client.post(PATH, asked(doctor), format="json")
    for_child = client.post(PATH, asked(doctor, child.pk, hour=10), format="json")
    again = client.post(PATH, asked(doctor, child.pk, hour=12), format="json")

    assert [own.json()["patient_id"], for_child.json()["patient_id"]] == [
        str(mother.pk),
        str(child.pk),
    ]
    assert (again.status_code, list(again.json()["errors"])) == (422, ["starts_at"])
    listed = client.get(PATH).json()["results"]
    assert {one["patient_id"] for one in listed} == {str(mother.pk), str(child.pk)}
    assert client.get(PATH, {"patient_id": str(child.pk)}).json()["count"] == 1


@pytest.mark.parametrize("whose", ["stranger", "former", "grown up"])
def test_whoever_is_not_acted_for_is_answered_as_nobody(api, mother, doctor, whose):
    """To the byte, at booking, at reading and on the waitlist."""
    patient = PatientFactory()
    if whose == "former":
        related(patient, mother, confirmed_at=None)
    if whose == "grown up":
        patient = child_of(mother, born=birthday(18))
    visit, client = AppointmentFactory(patient=patient), api(mother.user)
    days = {"from_date": "2035-03-05", "to_date": "2035-03-06", "doctor_id": str(doctor.pk)}

    def answers(key) -> list:
        found = [
            client.post(PATH, asked(doctor, key), format="json"),
            client.post(f"{V1}/waitlist", {**days, "patient_id": str(key)}, format="json"),
            client.get(f"{V1}/patient/profile/{key}/export"),
            client.patch(
                f"{V1}/patient/profile/{key}", {"address": {"city": "Bremen"}}, format="json"
            ),
            client.get(f"{V1}/patients/{key}/access-log"),
        ]
        assert {answer.status_code for answer in found} == {404}
        return [{**answer.json(), "request_id": ""} for answer in found]

    assert answers(patient.pk) == answers(UNKNOWN)
    check_problem(client.get(f"{PATH}/{visit.pk}"), 404, "not_found")
    assert client.get(PATH).json()["count"] == 0
    assert Appointment.objects.count() == 1


def test_a_child_waits_and_its_record_is_read_and_changed_by_who_acts(api, mother, doctor):
    child, client = child_of(mother), api(mother.user)
    days = {"from_date": "2035-03-05", "to_date": "2035-03-06", "doctor_id": str(doctor.pk)}

    waits = client.post(f"{V1}/waitlist", {**days, "patient_id": str(child.pk)}, format="json")

    assert waits.status_code == 201, waits.content
    assert WaitlistEntry.objects.get().created_by == mother.user
    assert client.delete(f"{V1}/waitlist/{waits.json()['id']}").status_code == 204
    profile = f"{V1}/patient/profile/{child.pk}"
    assert client.patch(profile, {"address": {"city": "Bremen"}}, format="json").status_code == 200
    refused = client.patch(profile, {"phone_number": "030 901820"}, format="json")
    check_problem(refused, 422, "validation_error", "phone_number")
    exported = client.get(f"{profile}/export").json()
    assert exported["record"]["id"] == str(child.pk)
    assert not {"account", "sign_ins"} & exported.keys()
    log = client.get(f"{V1}/patients/{child.pk}/access-log").json()["results"]
    assert {(row["who"]["name"], row["own"]) for row in log} == {
        (mother.user.get_full_name(), False)
    }


def test_whoever_acts_confirms_the_own_address_first(api, doctor):
    mother = guardian()
    child = child_of(mother)
    Patient.objects.filter(pk=mother.pk).update(email_verified_at=None)

    answer = api(mother.user).post(PATH, asked(doctor, child.pk), format="json")

    check_problem(answer, 403, "permission_denied")


def test_a_birthday_that_passes_between_page_and_booking_is_heeded(mother, doctor):
    child = child_of(mother, born=birthday(18, days=1))
    visit = AppointmentFactory.build(doctor=doctor, patient=child, starts_at=next_monday(9))
    Patient.objects.filter(pk=child.pk).update(date_of_birth=birthday(18))

    with pytest.raises(NotAllowed, match="don't act for this patient"):
        book(visit, by=mother.user)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("answer", [waitlist.accept, waitlist.decline])
def test_an_offer_is_answered_by_nobody_whose_relation_has_ended_meanwhile(mother, doctor, answer):
    relation = related(child_of(mother), other := guardian())
    day = next_monday(9).date()
    entry = WaitlistEntry(patient=relation.patient, doctor=doctor, from_date=day, to_date=day)
    waitlist.join(entry, by=mother.user)
    RelatedPerson.objects.filter(related_patient=mother).update(gets_messages=True)
    waitlist.offer_free_times(doctor.pk)
    offer = SlotOffer.objects.get()
    relation.delete()

    with pytest.raises(NotAllowed, match="don't act for this patient"):
        answer(offer, by=other.user)

    offer.refresh_from_db()
    assert offer.state == SlotOffer.State.OPEN
    answer(offer, by=mother.user)


@pytest.mark.parametrize("children", [1, 50])
def test_fifty_children_take_as_many_queries_as_one(
    api, mother, django_assert_max_num_queries, children
):
    for _ in range(children):
        AppointmentFactory(patient=child_of(mother))
    client = api(mother.user)

    with django_assert_max_num_queries(7):
        assert client.get(PATH).json()["count"] == children
