"""Fields of medicine: their codes, whatever they are called, at every door that writes one."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import translation

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.tests.files import confirm, content_of, send, table
from clinic.tests.problems import V1
from doctors.migrations._operations import code_specializations
from doctors.models import Doctor
from doctors.specializations import code_of, codes_by_word, name_of
from doctors.specializations.table import FIELDS
from doctors.tests.applications import applicant
from doctors.tests.factories import DoctorFactory
from doctors.tests.test_doctors_admin import DOCTOR, LIST
from doctors.tests.test_doctors_api import GIVEN, path_of

CARDIOLOGY, DERMATOLOGY, GENERAL_PRACTICE = "394579002", "394582007", "394814009"
# Two fields have these doctors; the first one is taken.
SHARED_WORDS = {"fraunarzt", "fraunarztin", "women's health"}


def is_sctid(code: str) -> bool:
    """SNOMED CT's identifiers end with Verhoeff's check digit: worked out in the dihedral group
    of order ten, whose elements are (turns, is it mirrored)."""

    def product(one: int, other: int) -> int:
        turn = (one % 5 + (-1) ** (one // 5) * (other % 5)) % 5
        return turn + 5 * ((one // 5 + other // 5) % 2)

    check = 0
    for place, digit in enumerate(map(int, reversed(code))):
        for _ in range(place % 8):
            digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
        check = product(check, digit)
    return check == 0


def test_the_table():
    assert not is_sctid("394579003")
    assert [field.code for field in FIELDS if not is_sctid(field.code)] == []
    assert len({field.code for field in FIELDS}) == len(FIELDS)
    languages = {language.partition("-")[0] for language, _ in settings.LANGUAGES}
    assert [field for field in FIELDS if not languages <= set(field.words)] == []
    assert {word for word, codes in codes_by_word().items() if len(codes) > 1} == SHARED_WORDS
    for language in languages:
        with translation.override(language):
            assert [code for code, _ in FIELDS if code_of(name_of(code, "")) != code] == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("Kardiologie", CARDIOLOGY), ("CARDIOLOGY", CARDIOLOGY), ("Herzarzt", CARDIOLOGY)),
        *(("Dermatolgie", DERMATOLOGY), ("skin  doctor", DERMATOLOGY), ("HAUTÄRZTIN", DERMATOLOGY)),
        *(("Hausarzt", GENERAL_PRACTICE), ("family doctor", GENERAL_PRACTICE), ("gp", "394814009")),
        *(("Facharzt für Orthopädie", "394801008"), ("Orthopaedie", "394801008")),
        *(("Frauenarzt", "394586005"), ("Gynäkologie und Geburtshilfe", "394585009")),
        *(("394579002", CARDIOLOGY), ("394579003", ""), ("", ""), ("<b>", ""), ("ab", "")),
        # Others that are written nearly so, and more than one at once.
        *(("Kariologie", ""), ("Virologie", ""), ("Podiatrie", ""), ("Histologie", "")),
        *(("Innere Medizin und Kardiologie", ""), ("x" * 10_000, "")),
    ],
)
def test_words_of_any_language_and_slips(text, code):
    assert code_of(text) == code


def admin_of(api):
    return api(UserFactory(role=Role.ADMIN))


def by_api(api, text):
    client = admin_of(api)
    made = client.post(f"{V1}/doctors", {**GIVEN, "specialization": text}, format="json")
    return made.json()["id"]


def by_patch(api, text):
    doctor = DoctorFactory(specialization="Alchemy")
    sent = {"specialization": text}
    told = admin_of(api).patch(path_of(doctor), sent, format="json").json()
    assert (told["specialization"], told["specialization_code"]) == (text, CARDIOLOGY)
    return doctor.pk


def by_console(api, text):
    signed_in(Role.ADMIN).post(f"{LIST}add/", {**DOCTOR, "specialization": text})
    return Doctor.objects.values_list("pk", flat=True).get()


def by_file(api, text):
    client, doctor = signed_in(Role.ADMIN), DoctorFactory(specialization="Alchemy")
    rows = [["Id", "Specialization"], [str(doctor.pk), text]]
    assert confirm(client, LIST, send(client, LIST, table(*rows))).state == "done"
    exported = content_of(client.post(f"{LIST}export/", {"format": "csv"})).decode()
    assert f'"{text}","{CARDIOLOGY}"' in exported
    again = send(client, LIST, exported.replace(CARDIOLOGY, "1").encode())  # Never read from files.
    assert (again.faults, again.changed) == ([], 0)
    return doctor.pk


def by_application(api, text):
    return applicant(api(), specialization=text).pk


def by_staff_account(api, text):
    sent = {
        "email": "g@clinic.example", "password": PASSWORD, "confirm_password": PASSWORD,
        "first_name": "Grace", "last_name": "Hopper", "role": "doctor", "specialization": text,
    }  # fmt: skip
    assert admin_of(api).post(f"{V1}/auth/register", sent, format="json").status_code == 201
    return Doctor.objects.values_list("pk", flat=True).get()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "door", [by_api, by_patch, by_console, by_file, by_application, by_staff_account]
)
def test_every_door_keeps_the_words_and_codes_the_field(api, door):
    doctor = Doctor.objects.get(pk=door(api, "Kardiolgie"))
    assert (doctor.specialization, doctor.specialization_code) == ("Kardiolgie", CARDIOLOGY)
    assert doctor.field_name == "Cardiology"


@pytest.mark.django_db
def test_those_of_before_are_coded():
    known, free = DoctorFactory(specialization="Hautarzt"), DoctorFactory(specialization="Alchemy")
    Doctor.objects.update(specialization_code="")
    code_specializations("doctors", "doctor").code(apps, connection.schema_editor())
    codes = dict(Doctor.objects.values_list("pk", "specialization_code"))
    assert codes == {known.pk: DERMATOLOGY, free.pk: ""}


@pytest.mark.django_db
def test_a_field_is_found_by_all_its_words(api):
    for text in ("Kardiologie", "Cardiology", "Dermatology", "Alchemy"):
        DoctorFactory(specialization=text)
    console = signed_in(Role.ADMIN)
    words = ["Kardiologie", "cardiology", "Herzarzt", "heart doctor", "Kardiolgie", CARDIOLOGY]
    for caller in (api(), admin_of(api)):
        for word in words:
            told = caller.get(f"{V1}/doctors", {"specialization": word}).json()["results"]
            assert sorted(one["specialization"] for one in told) == ["Cardiology", "Kardiologie"]
            assert {one["specialization_code"] for one in told} == {CARDIOLOGY}
        assert caller.get(f"{V1}/doctors?specialization=ALCHEMY").json()["count"] == 1
    for query in ({"q": "Herzarzt"}, {"q": "Kardiolgie"}, {"specialization": "Cardiology"}):
        assert console.get(LIST, query).context["cl"].result_count == 2
    page = console.get(LIST).content.decode()
    assert "specialization=Cardiology" in page
    assert "Kardiologie" not in page
    form = console.get(f"{LIST}add/").content.decode()
    assert 'list="suggestions-specialization"' in form
    assert '<option value="Ear, nose and throat">' in form
