"""Former names, the name somebody wants to be called by, and records that are out of use."""

import pytest

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.problems import V1, check_problem
from patients.models import Note, Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/patients/patient/"
SUGGEST = (
    "/admin/autocomplete/?app_label=appointments&model_name=appointment&field_name=patient&term="
)


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


@pytest.mark.parametrize(
    ("preferred", "called"),
    [
        ("", "Alexandra Keller"),
        ("Alex", "Alex Keller"),
        ("Alex Keller", "Alex Keller"),
        ("Lou Ann Fox", "Lou Ann Fox"),
    ],
)
def test_what_somebody_is_called(preferred, called):
    patient = Patient(first_name="Alexandra", last_name="Keller", preferred_name=preferred)
    assert patient.called == called
    assert patient.name == "Alexandra Keller"


def test_former_names_are_found_after_those_of_now(api):
    former = PatientFactory(first_name="Ada", last_name="Meyer", former_names="Keller, Sørensen")
    called = PatientFactory(first_name="Rosalind", last_name="Berg", preferred_name="Kellie")
    now = PatientFactory(first_name="Ada", last_name="Keller")
    client = api(UserFactory())

    def found(text: str) -> list[str]:
        rows = client.get(f"{V1}/patients", {"search": text}).json()["results"]
        return [row["id"] for row in rows]

    assert found("Keller")[:2] == [str(now.pk), str(former.pk)]
    assert found("ada sorensen") == [str(former.pk)]
    assert str(former.pk) in found("Kellr")  # A slip.
    assert found("kellie berg") == [str(called.pk)]


def test_names_and_use_in_the_api(api):
    client = api(UserFactory())
    person = {"name": "Ada Meyer", "email": "ada@mail.example", "phone": "030 12345678"}
    names = {"former_names": ["Keller", "Berg"], "preferred_name": "Addie"}
    made = client.post(f"{V1}/patients", person | names, format="json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert {name: told[name] for name in names} == names
    assert told["active"] is True

    url = f"{V1}/patients/{told['id']}"
    answer = client.patch(url, {"active": False}, format="json")
    assert answer.json()["active"] is False
    # A PUT without them empties the names, and leaves the record in or out of use.
    replaced = client.put(url, person, format="json").json()
    assert (replaced["former_names"], replaced["preferred_name"]) == ([], "")
    assert replaced["active"] is False
    assert client.get(f"{V1}/patients?active=true").json()["count"] == 0
    PatientFactory()
    assert client.get(f"{V1}/patients?active=true").json()["count"] == 1
    assert client.get(f"{V1}/patients?active=false").json()["count"] == 1
    assert client.get(f"{V1}/patients").json()["count"] == 2  # Nothing is hidden from programs.

    for wrong in (["Keller, Berg"], "Keller", [1], [""], ["x" * 51], ["x"] * 11):
        answer = client.patch(url, {"former_names": wrong}, format="json")
        assert answer.status_code == 422, (wrong, answer.content)
    answer = client.patch(url, {"active": "no"}, format="json")
    check_problem(answer, 422, "validation_error", "active")
    once = client.patch(url, {"former_names": ["Berg", "berg ", "MEYER", "Kurz"]}, format="json")
    assert once.json()["former_names"] == ["Berg", "Kurz"]


def test_the_entries_of_a_list_are_counted_not_the_letters(api):
    client = api(UserFactory())
    url = f"{V1}/patients/{PatientFactory().pk}"
    told = client.patch(url, {"medical_history": ["x" * 900]}, format="json")
    assert told.json()["medical_history"] == ["x" * 900]
    answer = client.patch(url, {"medical_history": ["x"] * 201}, format="json")
    check_problem(answer, 422, "validation_error", "medical_history")


def test_patients_say_what_they_are_called_and_no_more(api):
    patient = PatientFactory(with_account=True, first_name="Ada", last_name="Meyer")
    client = api(patient.user)
    url = f"{V1}/patient/profile/{patient.pk}"
    answer = client.patch(url, {"preferred_name": "Addie"}, format="json")
    assert answer.status_code == 200, answer.content
    patient.refresh_from_db()
    assert patient.called == "Addie Meyer"
    refused = client.patch(url, {"former_names": ["Keller"]}, format="json")
    check_problem(refused, 422, "validation_error", "former_names")


@pytest.mark.parametrize(("kept", "former"), [("on", "Berg, Keller"), (None, "Berg")])
def test_another_last_name_may_keep_the_one_until_now(desk, kept, former):
    patient = PatientFactory(first_name="Ada", last_name="Keller", former_names="Berg")
    url = f"{LIST}{patient.pk}/change/"
    page = desk.get(url)
    assert "Keep “Keller” as a former name" in page.content.decode()
    form = page.context["adminform"].form
    sent = {name: field.value() for name, field in ((f.html_name, f) for f in form)}
    sent = {name: value for name, value in sent.items() if value not in (None, False)}
    sent |= {"last_name": "Meyer", "keep_former": kept}
    sent |= {f"care_assignments-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    answer = desk.post(url, {name: value for name, value in sent.items() if value is not None})
    assert answer.status_code == 302, answer.context["errors"]
    patient.refresh_from_db()
    assert (patient.last_name, patient.former_names) == ("Meyer", former)
    head = desk.get(url).content.decode()
    assert f"formerly {former.replace(', ', ' and ')}".lower() in head.lower()


def test_who_is_inactive_is_found_where_asked_for(desk):
    gone = PatientFactory(first_name="Ada", last_name="Zorn", is_active=False)
    here = PatientFactory(first_name="Ada", last_name="Zander")

    def listed(query: str = "") -> list[Patient]:
        return list(desk.get(f"{LIST}{query}").context["cl"].result_list)

    assert listed() == [here]
    assert listed("?active=no") == [gone]
    assert listed("?active=all") == [here, gone]
    assert listed("?q=ada") == [here]
    assert listed(f"?q={gone.record_number}") == [gone]
    only = desk.get(f"{LIST}?q=zorn")
    assert list(only.context["cl"].result_list) == [gone]
    assert said(only) == ["Only records that are inactive fit."]
    assert "Zorn, Ada, inactive" in only.content.decode()

    def suggested(term: str) -> list[str]:
        return [one["id"] for one in desk.get(SUGGEST + term).json()["results"]]

    assert suggested("ada") == [str(here.pk)]
    assert suggested("zorn") == []
    assert suggested(gone.record_number) == [str(gone.pk)]


def test_what_the_desk_is_to_know_comes_with_the_suggestion(desk):
    patient = PatientFactory(first_name="Ada", last_name="Zander")
    author = UserFactory()
    Note.objects.create(patient=patient, text="Allergic to latex.", author=author, on_board=True)
    Note.objects.create(patient=patient, text="Prefers mornings.", author=author)
    [result] = desk.get(f"{SUGGEST}zander").json()["results"]
    assert result["warnings"] == ["Allergic to latex."]
    form = desk.get(f"/admin/appointments/appointment/add/?patient={patient.pk}").content.decode()
    assert "Allergic to latex." in form
    assert "Prefers mornings." not in form
