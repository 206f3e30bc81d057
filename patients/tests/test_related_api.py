"""Related persons and dependants, as programs keep them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.tests.problems import check_problem
from patients.models import Patient, RelatedPerson
from patients.tests.factories import PatientFactory
from patients.tests.relations import birthday, child_of, guardian, related

pytestmark = pytest.mark.django_db
ME, DEPENDANTS = "/api/v1/auth/me", "/api/v1/patient/dependants"
UNKNOWN = "01890a5d-ac96-774b-bcce-b302099a8057"


def path_of(patient: Patient, relation: RelatedPerson | None = None) -> str:
    tail = f"/{relation.pk}" if relation else ""
    return f"/api/v1/patients/{patient.pk}/related-persons{tail}"


@pytest.fixture
def desk(api):
    return api(UserFactory(role=Role.RECEPTIONIST))


def test_staff_relate_change_and_withdraw(desk):
    mother, child = guardian(), PatientFactory(date_of_birth=birthday(9))
    body = {"related_patient_id": str(mother.pk), "relationship": "parent", "may_act": True}

    made = desk.post(path_of(child), body, format="json")

    assert made.status_code == 201, made.content
    relation = RelatedPerson.objects.get()
    confirmed = made.json()["confirmed_at"]
    assert confirmed is not None
    assert made.json() == {
        "id": str(relation.pk),
        "related_patient_id": str(mother.pk),
        "name": mother.name,
        "email": "",
        "phone": "",
        "language": relation.language,
        "relationship": "parent",
        "may_act": True,
        "gets_messages": False,
        "valid_until": None,
        "confirmed_at": confirmed,
    }
    where = made["Location"]
    read = desk.get(where)
    assert (read.json(), read["ETag"]) == (made.json(), made["ETag"])
    noted = AccessLog.objects.first()
    assert set(noted.patients) == {child.pk, mother.pk}

    today = timezone.localdate().isoformat()
    sent = {**made.json(), "valid_until": today}
    sent.pop("id")
    changed = desk.patch(where, sent, format="json", headers={"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["valid_until"]) == (200, today), changed.content
    stale = desk.patch(where, {"may_act": False}, format="json", headers={"If-Match": made["ETag"]})
    check_problem(stale, 412, "precondition_failed")
    check_problem(
        desk.delete(where, headers={"If-Match": made["ETag"]}), 412, "precondition_failed"
    )
    assert desk.get(path_of(child)).json()["count"] == 1
    assert desk.delete(where, headers={"If-Match": changed["ETag"]}).status_code == 204
    check_problem(desk.get(where), 404, "not_found")


def test_a_person_who_is_no_patient_has_a_name_and_contacts(desk):
    patient = PatientFactory()
    body = {"name": "Jo March", "phone": "030 901820", "relationship": "caregiver"}
    body |= {"gets_messages": True, "language": "de"}

    made = desk.post(path_of(patient), body, format="json")

    assert made.status_code == 201, made.content
    assert (made.json()["phone"], made.json()["related_patient_id"]) == ("+4930901820", None)
    renamed = desk.patch(made["Location"], {"name": "Jo Bhaer"}, format="json")
    assert renamed.json()["name"] == "Jo Bhaer", renamed.content


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"related_patient_id": "<self>"}, "related_patient_id"),
        ({"related_patient_id": "<other>"}, "related_patient_id"),
        ({"related_patient_id": "<third>", "name": "Jo"}, "related_patient_id"),
        ({"related_patient_id": "<third>", "email": "jo@mail.example"}, "email"),
        ({}, "related_patient_id"),
        ({"name": " "}, "related_patient_id"),
        ({"name": "Jo", "may_act": True}, "may_act"),
        ({"name": "Jo", "gets_messages": True}, "gets_messages"),
        ({"name": "Jo", "valid_until": "2020-01-01"}, "valid_until"),
        ({"name": "Jo", "relationship": "aunt"}, "relationship"),
        ({"name": "Jo", "confirmed_at": "2999-01-01T00:00:00Z"}, "confirmed_at"),
        ({"name": "Jo", "email": "no address"}, "email"),
        ({"name": "Jo", "is_nice": True}, "is_nice"),
    ],
)
def test_bad_relations_are_refused_by_field(desk, body, field):
    patient, other, third = PatientFactory.create_batch(3)
    related(patient, other)
    keys = {"<self>": patient.pk, "<other>": other.pk, "<third>": third.pk}
    sent = {
        name: str(keys.get(one, one)) if type(one) is str else one for name, one in body.items()
    }
    sent = {"relationship": "other"} | sent

    answer = desk.post(path_of(patient), sent, format="json")

    check_problem(answer, 422, "validation_error", field)
    assert RelatedPerson.objects.count() == 1


def test_a_circle_through_three_is_refused(desk):
    one, two, three = PatientFactory.create_batch(3)
    chain = [(one, two), (two, three), (three, one)]

    answers = [
        desk.post(
            path_of(patient),
            {"related_patient_id": str(acting.pk), "relationship": "other", "may_act": True},
            format="json",
        )
        for patient, acting in chain
    ]

    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert list(answers[2].json()["errors"]) == ["related_patient_id"]


def test_an_ended_relation_is_not_used_again(desk):
    mother, child = guardian(), PatientFactory(date_of_birth=birthday(9))
    yesterday = timezone.localdate() - timedelta(days=1)
    ended = related(child, mother, valid_until=yesterday)

    answer = desk.patch(path_of(child, ended), {"valid_until": None}, format="json")

    check_problem(answer, 422, "validation_error", "valid_until")
    body = {"related_patient_id": str(mother.pk), "relationship": "parent", "may_act": True}
    assert desk.post(path_of(child), body, format="json").status_code == 201
    check_problem(desk.get(path_of(child, ended)), 404, "not_found")


def test_what_lapsed_with_age_is_confirmed_once_more(desk, api):
    mother = guardian()
    grown = child_of(mother, born=birthday(18))
    client = api(mother.user)
    assert client.get(ME).json()["acts_for"] == []

    now = timezone.now().isoformat()
    relation = grown.related_persons.get()
    answer = desk.patch(path_of(grown, relation), {"confirmed_at": now}, format="json")

    assert answer.status_code == 200, answer.content
    assert [one["patient_id"] for one in client.get(ME).json()["acts_for"]] == [str(grown.pk)]


def test_an_unknown_person_is_answered_as_an_unknown_patient(desk):
    patient, body = PatientFactory(), {"relationship": "other"}

    answer = desk.post(path_of(patient), body | {"related_patient_id": UNKNOWN}, format="json")

    check_problem(answer, 404, "not_found")


def test_patients_read_theirs_and_withdraw_but_do_not_write(api):
    mother, father = guardian(), guardian()
    child, other = child_of(mother, father), child_of(guardian())
    client, own = api(mother.user), child.related_persons.get(related_patient=mother)
    others = child.related_persons.get(related_patient=father)

    listed = client.get(path_of(child)).json()
    assert [one["name"] for one in listed["results"]] == [mother.name, father.name]
    body = {"name": "Jo", "relationship": "other"}
    check_problem(client.post(path_of(child), body, format="json"), 403, "permission_denied")
    changed = client.patch(path_of(child, own), {"may_act": False}, format="json")
    check_problem(changed, 403, "permission_denied")
    check_problem(client.get(path_of(other)), 404, "not_found")
    check_problem(client.delete(path_of(child, others)), 403, "permission_denied")
    assert client.delete(path_of(child, own)).status_code == 204
    check_problem(client.get(path_of(child)), 404, "not_found")


def test_a_parent_registers_a_child_and_acts_for_it(api):
    parent = guardian()
    client = api(parent.user)
    born = birthday(7).isoformat()
    body = {"first_name": "Byron", "last_name": "Lovelace", "date_of_birth": born}
    body |= {"relationship": "parent"}

    answer = client.post(DEPENDANTS, body, format="json")

    assert answer.status_code == 201, answer.content
    child = Patient.objects.get(first_name="Byron")
    assert answer.json() == {
        "success": True,
        "message": "Byron Lovelace is registered. You can book visits now.",
        "data": {
            "patient_id": str(child.pk),
            "record_number": child.record_number,
            "name": "Byron Lovelace",
            "date_of_birth": born,
            "relationship": "parent",
            "may_act": True,
            "confirmed_at": None,
        },
    }
    assert client.get(ME).json()["acts_for"] == [
        {"patient_id": str(child.pk), "name": "Byron Lovelace", "relationship": "parent"}
    ]
    assert AccessLog.objects.first().patients == [child.pk]
    assert client.get(f"/api/v1/patients/{child.pk}").status_code == 200
    check_problem(client.post(DEPENDANTS, body, format="json"), 409, "already_registered")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"date_of_birth": "2999-01-01"}, ["date_of_birth"]),
        ({"date_of_birth": None, "last_name": ""}, ["date_of_birth", "last_name"]),
        ({"relationship": "aunt", "first_name": "B"}, ["first_name", "relationship"]),
        ({"email": "byron@mail.example"}, ["email"]),
    ],
)
def test_a_faulty_dependant_is_refused_by_field(api, changes, fields):
    body = {"first_name": "Byron", "last_name": "Lovelace", "relationship": "parent"}
    body |= {"date_of_birth": birthday(7).isoformat(), **changes}

    answer = api(guardian().user).post(DEPENDANTS, body, format="json")

    check_problem(answer, 422, "validation_error", *fields)


def test_an_adult_who_is_cared_for_waits_for_the_desk(api, desk):
    parent = guardian()
    client, born = api(parent.user), birthday(80).isoformat()
    body = {"first_name": "Anne", "last_name": "Byron", "date_of_birth": born}

    answer = client.post(DEPENDANTS, body | {"relationship": "child"}, format="json")

    told = answer.json()
    assert told["data"]["may_act"] is False
    assert "confirmed" in told["message"]
    patient = Patient.objects.get(first_name="Anne")
    check_problem(client.get(f"/api/v1/patients/{patient.pk}"), 404, "not_found")
    relation = patient.related_persons.get()
    desk.patch(path_of(patient, relation), {"may_act": True}, format="json")
    assert client.get(f"/api/v1/patients/{patient.pk}").status_code == 200


def test_fifty_dependants_take_as_many_queries_as_one(api, django_assert_max_num_queries):
    parent = guardian()
    client = api(parent.user)
    for _ in range(50):
        child_of(parent)

    with django_assert_max_num_queries(8):
        assert len(client.get(ME).json()["acts_for"]) == 50
