"""Pages, their order, their queries; slashes at the end of addresses."""

import pytest

from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import V1, check_problem
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


def test_a_list_is_pages_with_links(api):
    for _ in range(5):
        PatientFactory(last_name="Same", first_name="Same")
    client = api(UserFactory())

    first = client.get(f"{V1}/patients", {"page_size": 2, "search": "same"}).json()
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()

    assert list(first) == ["count", "next", "previous", "results"]
    assert (first["count"], first["previous"], third["next"]) == (5, None, None)
    assert client.get(second["previous"]).json() == first
    ids = [row["id"] for page in (first, second, third) for row in page["results"]]
    assert len(set(ids)) == 5
    check_problem(client.get(f"{V1}/patients", {"page": 2}), 404, "not_found")


def test_a_page_has_fifty_rows_unless_asked_for_up_to_200(api):
    for number in range(52):
        DoctorFactory(last_name=f"D{number:02d}")

    assert len(api().get(f"{V1}/doctors").json()["results"]) == 50
    assert len(api().get(f"{V1}/doctors?page_size=200").json()["results"]) == 52


@pytest.mark.parametrize("path", ["patients", "doctors", "appointments"])
def test_every_fault_of_a_query_is_named_at_once(api, path):
    query = "page=0&page_size=201&ordering=id&nothing=1&x=1&x=2&page.x=1&ordering[0]=a"

    response = api(UserFactory()).get(f"{V1}/{path}?{query}")

    names = ("page", "page_size", "ordering", "nothing", "x", "page.x", "ordering[0]")
    check_problem(response, 422, "validation_error", *names)


@pytest.mark.parametrize("value", ["", "0", "-1", "1.0", "+1", "1_0", "x", "\uff11", "99999999999"])
def test_page_numbers_are_whole_numbers_from_1(api, value):
    response = api().get(f"{V1}/doctors", {"page": value, "page_size": value})

    check_problem(response, 422, "validation_error", "page", "page_size")


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("patients", ["doctor_id", "ordering"]),
        ("doctors", ["specialization", "ordering"]),
        ("appointments", ["date", "from", "to", "doctor_id", "patient_id", "status", "ordering"]),
    ],
)
def test_a_parameter_is_not_repeated_nor_left_without_a_value(api, path, names):
    client = api(UserFactory())

    empty = client.get(f"{V1}/{path}?" + "&".join(f"{name}=" for name in names))
    twice = client.get(f"{V1}/{path}?" + "&".join(f"{name}=a&{name}=a" for name in names))

    check_problem(empty, 422, "validation_error", *names)
    check_problem(twice, 422, "validation_error", *names)


@pytest.mark.parametrize(
    "path",
    [
        "patients/{0}",
        "doctors/{0}",
        "appointments/{0}",
        "auth/me",
        "clinic",
        "doctors/{0}/patients",
    ],
)
def test_a_route_that_takes_no_parameters_refuses_them(api, path):
    response = api(UserFactory()).get(f"{V1}/{path}?a=1")

    check_problem(response, 422, "validation_error", "a")


@pytest.mark.parametrize("ordering", ["last_name", "-last_name", "created_at", "-created_at"])
def test_patients_in_order(api, ordering):
    patients = [PatientFactory(last_name=name) for name in ("Berg", "Adler", "Clauß", "Adler")]
    names = [patient.last_name for patient in patients]
    rows = api(UserFactory()).get(f"{V1}/patients", {"ordering": ordering}).json()["results"]

    expected = sorted(names) if ordering.endswith("last_name") else names
    assert [row["last_name"] for row in rows] == (
        expected[::-1] if ordering.startswith("-") else expected
    )


# Whoever is shown patients is noted: one query more.
@pytest.mark.parametrize(
    ("make", "queries"), [(PatientFactory, 4), (DoctorFactory, 3), (AppointmentFactory, 4)]
)
def test_a_list_of_three_takes_as_many_queries_as_one_of_one(
    api, django_assert_num_queries, make, queries
):
    path = f"{V1}/{make._meta.model._meta.verbose_name_plural}"
    client = api(UserFactory())
    for count in (1, 3):
        while make._meta.model.objects.count() < count:
            make()
        with django_assert_num_queries(queries):
            assert client.get(path).json()["count"] == count


ROUTES = [
    ("get", "/api/v1/clinic"),
    ("post", "/api/v1/auth/login"),
    ("get", "/api/v1/auth/me"),
    ("get", "/api/v1/patients"),
    ("post", "/api/v1/patients"),
    ("get", "/api/v1/doctors"),
    ("post", "/api/v1/doctors"),
    ("get", "/api/v1/appointments"),
    ("post", "/api/v1/appointments"),
    ("get", "/health"),
    ("get", "/livez"),
    ("get", "/readyz"),
    ("get", "/openapi.json"),
    ("get", "/docs"),
    ("get", "/redoc"),
]
for name in ("patients", "doctors"):
    ROUTES += [(verb, f"/api/v1/{name}/{{id}}") for verb in ("get", "put", "patch", "delete")]
ROUTES += [(verb, "/api/v1/patients/{id}/document") for verb in ("get", "put")]
ROUTES += [(verb, "/api/v1/doctors/{id}/patients/{id}") for verb in ("post", "delete")]
ROUTES += [("get", "/api/v1/doctors/{id}/patients"), ("get", "/api/v1/appointments/{id}")]
ROUTES += [
    ("post", f"/api/v1/appointments/{{id}}/{step}")
    for step in ("reschedule", "cancel", "check-in", "start", "fulfill", "no-show")
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_answers_with_and_without_its_slash(api, method, path):
    path = path.replace("{id}", "01890a5d-ac96-774b-bcce-b302099a8057")
    client = api(UserFactory(role="admin"))

    bare, slashed = (
        getattr(client, method)(path + slash, **({} if method == "get" else {"format": "json"}))
        for slash in ("", "/")
    )

    assert bare.status_code == slashed.status_code
    assert bare.status_code not in (301, 302, 307, 308, 405, 500)
    for head in (client.head(path), client.head(f"{path}/")) if method == "get" else ():
        assert (head.status_code, head.content) == (bare.status_code, b"")
