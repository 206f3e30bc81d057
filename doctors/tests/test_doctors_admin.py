import pytest

from accounts.roles import Role
from accounts.tests.console import faults, said, signed_in
from accounts.tests.factories import UserFactory
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/doctors/doctor/"
DOCTOR = {
    "first_name": "Émile",
    "last_name": "O'Neill <b>",
    "specialization": "Cardiology",
    "license_number": "",
    "email": "Emile@Clinic.example",
    "phone": "030 901820",
    "is_active": "on",
    "default_duration_minutes": "20",
    "user": "",
}


def page(doctor: Doctor) -> str:
    return f"{LIST}{doctor.pk}/change/"


def test_an_admin_adds_a_doctor():
    admin = signed_in(Role.ADMIN)

    response = admin.post(f"{LIST}add/", DOCTOR)

    assert response.status_code == 302
    doctor = Doctor.objects.get()
    assert (doctor.email, str(doctor.phone)) == ("emile@clinic.example", "+4930901820")
    listed = admin.get(LIST).content.decode()
    assert "O&#x27;Neill &lt;b&gt;" in listed
    assert "Neill <b>" not in listed


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "TAKEN@clinic.example"}, "email"),
        ({"last_name": ""}, "last_name"),
        ({"default_duration_minutes": "14"}, "__all__"),
        ({"phone": "12"}, "phone"),
        ({"user": "nonsense"}, "user"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(change, field):
    DoctorFactory(email="taken@clinic.example")

    response = signed_in(Role.ADMIN).post(f"{LIST}add/", DOCTOR | change)

    assert response.status_code == 200
    assert list(faults(response)) == [field]
    assert "Cardiology" in response.content.decode()
    assert Doctor.objects.count() == 1


def test_only_a_doctors_account_can_be_linked():
    desk = UserFactory()

    response = signed_in(Role.ADMIN).post(f"{LIST}add/", DOCTOR | {"user": desk.pk})

    assert list(faults(response)) == ["user"]


def test_doctors_are_found_and_filtered():
    here = DoctorFactory(last_name="Anders")
    gone = DoctorFactory(last_name="Bergmann", is_active=False)
    desk = signed_in(Role.RECEPTIONIST)

    assert shown(desk.get(LIST)) == [here, gone]
    assert shown(desk.get(LIST, {"is_active__exact": "1"})) == [here]
    assert shown(desk.get(LIST, {"q": "bergm"})) == [gone]
    assert shown(desk.get(LIST, {"q": "\x00"})) == [here, gone]


def shown(response) -> list[Doctor]:
    return list(response.context["cl"].result_list)


def test_doctors_are_made_inactive_together():
    doctors = DoctorFactory.create_batch(2)

    response = signed_in(Role.ADMIN).post(
        LIST,
        {
            "action": "deactivate",
            "confirmed": "yes",
            "_selected_action": [one.pk for one in doctors],
        },
    )

    assert said(response) == ["2 doctors are inactive now."]
    assert not Doctor.objects.active().exists()


def test_a_chosen_row_that_is_none_is_said():
    response = signed_in(Role.ADMIN).post(
        LIST, {"action": "deactivate", "_selected_action": ["nonsense"]}
    )

    assert response.status_code == 302
    assert said(response) == ["“nonsense” is not a valid UUID."]


def test_a_doctor_without_appointments_is_deleted():
    doctor = DoctorFactory()
    admin = signed_in(Role.ADMIN)
    delete = f"{LIST}{doctor.pk}/delete/"
    assert "This can't be undone." in admin.get(delete).content.decode()

    response = admin.post(delete, {"post": "yes"})

    assert response.status_code == 302
    assert not Doctor.objects.exists()


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
def test_others_may_look_and_no_more(role):
    doctor = DoctorFactory()
    desk = signed_in(role)

    assert desk.get(LIST).status_code == 200
    assert desk.get(page(doctor)).status_code == 200
    assert desk.post(page(doctor), DOCTOR).status_code == 403
    assert desk.post(f"{LIST}add/", DOCTOR).status_code == 403
    assert desk.post(f"{LIST}{doctor.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(LIST, {"action": "deactivate", "_selected_action": [doctor.pk]})
    assert Doctor.objects.active().get() == doctor


def test_a_doctor_sees_no_inactive_colleague():
    gone = DoctorFactory(is_active=False)

    response = signed_in(Role.DOCTOR).get(page(gone))

    assert response.headers["Location"] == "/admin/"


@pytest.mark.parametrize("doctors", [1, 3])
def test_the_list_takes_a_fixed_number_of_queries(doctors, django_assert_num_queries):
    DoctorFactory.create_batch(doctors)
    admin = signed_in(Role.ADMIN)

    with django_assert_num_queries(6):
        assert len(shown(admin.get(LIST))) == doctors
