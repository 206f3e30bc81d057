"""`GET /patients?search=`: how patients are found."""

import pytest
from django.utils.translation import override

from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.problems import V1, check_problem
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.search import finding
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    PatientFactory(first_name="Boris", last_name="Quint", email="other@mail.example")
    return PatientFactory(
        first_name="Adélaïde",
        last_name="Müller-Østergård",
        email="ada@mail.example",
        phone="+493012345678",
        date_of_birth="1985-12-10",
    )


@pytest.fixture
def found(api):
    client = api(UserFactory())

    def search(text: str) -> list[str]:
        page = client.get(f"{V1}/patients", {"search": text}).json()
        assert page["count"] == len(page["results"])
        return [row["id"] for row in page["results"]]

    return search


@pytest.mark.parametrize(
    "text",
    [
        "Adélaïde",
        "ADELAIDE",
        "adelaide muller",
        "Müller Adélaïde",
        "ostergard",
        "Adelaidde",
        "Adelade",
        "Mullr",
        "ada@mail.example",
        " ADA@Mail.Example ",
        "+493012345678",
        "030 12345678",
        "(030) 1234-5678",
        "1985-12-10",
        "10.12.1985",
        "10/12/1985",
    ],
)
def test_a_patient_is_found(found, ada, text):
    assert found(text) == [str(ada.pk)]


def test_a_patient_is_found_by_record_number(found, ada):
    for text in (ada.record_number, ada.record_number.lower(), str(ada.number), f"p{ada.number}"):
        assert found(text) == [str(ada.pk)]


@pytest.mark.parametrize(
    "text",
    [
        "Xavier",
        "Adelaide Quint",
        "%",
        "_",
        "\\",
        "'",
        "'; --",
        "2026-13-45",
        "+",
        "P-0",
        "9" * 30,
        "a" * 200,
        "(" * 50,
        "&|!:*",
        "١٢٣",
        "nobody@mail.example",
    ],
)
def test_what_fits_nobody_finds_nobody(found, ada, text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["", " ", "  \t "])
def test_an_empty_search_finds_everybody(found, ada, text):
    assert len(found(text)) == 2


@pytest.mark.parametrize("text", ["a\x00b", "a" * 201, "\x00"])
def test_a_text_that_cannot_be_searched_is_refused(api, text):
    response = api(UserFactory()).get(f"{V1}/patients", {"search": text})

    check_problem(response, 422, "validation_error", "search")


def test_names_in_every_script_are_found(found):
    for name in ("山田太郎", "محمد", "Иванов", "O'Brien", "Nguyễn"):
        patient = PatientFactory(last_name=name)
        assert str(patient.pk) in found(name)


def test_search_order_and_doctor_go_together(api):
    doctor = DoctorFactory()
    wanted = [PatientFactory(last_name=name) for name in ("Bauer", "Bauermann", "Bauer")]
    PatientFactory(last_name="Bauer")
    PatientFactory(last_name="Zander")
    for patient in (*wanted, Patient.objects.get(last_name="Zander")):
        CareAssignmentFactory(doctor=doctor, patient=patient)
    query = {"search": "bauer", "doctor_id": str(doctor.pk), "ordering": "-created_at"}

    rows = api(UserFactory()).get(f"{V1}/patients", query).json()["results"]

    assert [row["id"] for row in rows] == [str(patient.pk) for patient in wanted[::-1]]


def test_the_likest_name_comes_first(found):
    like = PatientFactory(first_name="Marek", last_name="Adler")
    same = PatientFactory(first_name="Maria", last_name="Zander")

    assert found("maria") == [str(same.pk), str(like.pk)]


@pytest.fixture
def grace():
    PatientFactory(first_name="Boris", last_name="Winter", email="b.other@mail.example")
    return PatientFactory(
        first_name="Grace",
        last_name="Winter",
        email="grace.hopper@navy.example",
        phone="+493098765432",
        date_of_birth="1988-03-14",
    )


@pytest.mark.parametrize(
    "text",
    [
        "14.3.1988",
        "14. 3. 1988",
        "14/03/88",
        "03/14/1988",
        "14-03-1988",
        "14 3 1988",
        "14031988",
        "1988-3-14",
        "1988/03/14",
        "14 March 1988",
        "14 Mar 88",
        "14th of March 1988",
        "March 14, 1988",
        "winter 1988",
        "1988 winter grace",
        "wintre 14.3.1988",
        "030 98765432",
        "+49 30 9876 5432",
        "0049 30 98765432",
        "5432",
        "9876 5432",
        "winter 5432",
        "grace.hop",
        "@navy.example",
        "navy",
        "g winter",
        "WINTER, Grace",
        "gracee wintr",
    ],
)
def test_a_patient_is_found_by_what_people_type(found, grace, text):
    assert found(text) == [str(grace.pk)]


@pytest.mark.parametrize(
    "text",
    ["15.3.1988", "winter 1989", "31.2.1988", "432", "winter 15 March 1988", "@navy.exam.ple"],
)
def test_what_nearly_fits_is_not_found(found, grace, text):
    assert found(text) == []


def test_a_month_may_be_in_the_language_of_the_page(grace):
    with override("de"):
        assert list(Patient.objects.search("14. März 1988")) == [grace]


def test_a_doctor_finds_only_the_own_patients(api, grace):
    doctor = DoctorFactory(with_account=True)
    own = PatientFactory(first_name="Greta", last_name="Winter")
    CareAssignmentFactory(doctor=doctor, patient=own)
    client = api(doctor.user)

    def rows(text: str) -> list[str]:
        return [
            row["id"] for row in client.get(f"{V1}/patients", {"search": text}).json()["results"]
        ]

    assert rows("winter") == rows("wintre") == rows("greta") == [str(own.pk)]
    assert rows("grace") == rows("5432") == rows("14.3.1988") == rows("navy") == []


def test_names_are_found_by_their_new_words_after_a_change(found, grace):
    grace.last_name = "Zabriskie"
    grace.save()

    assert found("zabrisky") == [str(grace.pk)]


@pytest.fixture
def at_most_25(monkeypatch):
    monkeypatch.setattr(finding, "FOUND_AT_MOST", 25)


@pytest.mark.parametrize("count", [24, 25, 26, 60])
def test_of_too_many_that_fit_the_first_by_name_are_shown_and_it_says_so(api, at_most_25, count):
    """Always the same ones, and nothing is said of more where there are no more."""
    for number in range(count):
        PatientFactory(first_name=f"Äda {chr(65 + number % 26)}{number:02}", last_name="Miller")
    by_name = sorted(Patient.objects.all(), key=lambda one: one.first_name)
    desk = UserFactory()
    for _ in range(2):
        page = api(desk).get(f"{V1}/patients", {"search": "miller", "page_size": 200}).json()
        assert [row["id"] for row in page["results"]] == [str(one.pk) for one in by_name[:25]]
        assert ("warnings" in page) == (count > 25)
        for path in ("patients/patient", "appointments/waitlistentry"):
            console = signed_in(desk).get(f"/admin/{path}/?q=miller")
            told = any("patients fit" in word for word in said(console))
            assert told == (count > 25 and path == "patients/patient")
        Patient.objects.filter(pk=by_name[-1].pk).update(street="New, so that rows move")


def test_of_too_many_that_fit_the_own_number_comes_first(found, at_most_25):
    PatientFactory.create_batch(30, date_of_birth="1988-03-14")
    last = PatientFactory(last_name="Zander")
    Patient.objects.filter(pk=last.pk).update(number=1988)

    keys = found("1988")

    assert keys[0] == str(last.pk)
    assert len(keys) == 25


SPELLINGS = {
    ("Hans Jürgen", "Meier"): ["hansjürgen", "Hansjuergen", "hans-jurgen", "hansjürgen meier"],
    ("Hansjürgen", "Weiß"): ["Hans Jürgen Weiss", "hans jürgen weiß"],
    ("Jan", "van den Bosch"): ["Vandenbosch", "van den bosch", "vandenb", "van den bos"],
    ("Eva", "Vandenbroek"): ["van den Broek", "eva van den broek"],
    ("Ian", "Mc Kinnon"): ["McKinnon", "mckinnon ian", "Mckinon"],
    ("Amy", "McAllister"): ["Mc Allister", "mc alli"],
    ("小明", "王"): ["王小明", "王 小明", "小明", "王小"],
    ("太郎", "山田"): ["山田太郎", "山田 太郎"],
    ("", "佐藤花子"): ["佐藤花子", "佐藤 花子"],
    ("민수", "김"): ["김민수", "김 민수"],
    ("Γιώργος", "Παπαδόπουλος"): ["papadopoulos", "Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ", "Papadopulos"],
    ("Иван", "Иванов"): ["ivanov", "Иванов", "ИВАНОВ", "ivan ivanov", "Ivanof"],
    ("Юлия", "Щербакова"): ["Shcherbakova", "yuliya", "Sherbakova"],
    ("Olga", "Petrova"): ["Петрова", "Ольга Петрова"],
}


@pytest.mark.parametrize("narrowed", [False, True])
def test_names_are_found_however_they_are_written(narrowed):
    doctor = DoctorFactory(with_account=True)
    for first, last in [*SPELLINGS, ("Boris", "Quint"), ("Ada", "Lovelace")]:
        patient = PatientFactory(first_name=first, last_name=last)
        CareAssignmentFactory(patient=patient, doctor=doctor)
    visible = Patient.objects.visible_to(doctor.user if narrowed else UserFactory())
    for name, texts in SPELLINGS.items():
        for text in texts:
            found = {(one.first_name, one.last_name) for one in visible.search(text)}
            assert name in found, text
            assert len(found) <= 2, text


def test_what_fits_better_comes_first(found):
    """Whole words before beginnings, in whatever letters."""
    beginning = PatientFactory(first_name="Anna", last_name="Ivanovskaya")
    cyrillic = PatientFactory(first_name="Анна", last_name="Иванов")
    latin = PatientFactory(first_name="Anna", last_name="Ivanov")

    assert found("ivanov") == [str(one.pk) for one in (latin, cyrillic, beginning)]
