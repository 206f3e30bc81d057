"""The list of all imports and exports, for administrators."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.files import tasks, transfers
from clinic.models import FileTransfer
from clinic.tests.files import confirm, content_of, run, send, table
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/patients/patient/"
LIST = "/admin/clinic/filetransfer/"
HEADINGS = ["Last name", "E-mail", "Phone"]
ADA = ["Lovelace", "ada@mail.example", "030 901820"]
HIDDEN = "A sentence that only the sender reads"


@pytest.fixture
def admin() -> User:
    return UserFactory(role=Role.ADMIN)


@pytest.fixture
def client(admin):
    return signed_in(admin)


def listed(client, query: str = "") -> list[FileTransfer]:
    return list(client.get(f"{LIST}{query}").context["cl"].result_list)


def took(client) -> str:
    [transfer] = listed(client)
    return client.get(LIST).context["cl"].model_admin.took(transfer)


def test_it_says_who_imported_and_exported_what(client, admin):
    PatientFactory()
    confirm(client, PAGE, send(client, PAGE, table(HEADINGS, ADA), "march.csv"))
    send(client, PAGE, table(HEADINGS, ["A", "a@mail.example", "x"]), "april.csv")
    content_of(client.post(f"{PAGE}export/", {"format": "csv", "with_sensitive": "on"}))

    export, faulty, done = (
        [str(cell) for cell in row] for row in results(signed_in(Role.ADMIN).get(LIST))
    )

    assert export[1].startswith("patients-")
    assert export[1].endswith("Export of patients, with sensitive data")
    assert export[4:9] == ["Done", "2", "–", "–", "–"]  # noqa: RUF001
    assert faulty[1:3] == ["april.csv Import of patients", admin.email]
    assert faulty[4:9] == ["Not imported: it has faults", "1", "–", "–", "1"]  # noqa: RUF001
    assert done[1] == "march.csv Import of patients"
    assert done[4:9] == ["Done", "1", "1", "0", "0"]


def results(response) -> list[list[str]]:
    """The cells of the list, as text; before them one that is empty."""
    rows = response.content.decode().split("<tr>")[2:]
    return [["", *(text_of(cell) for cell in cells_of(row))] for row in rows]


def cells_of(row: str) -> list[str]:
    return row.split('class="field-')[1:]


def text_of(cell: str) -> str:
    marked = cell[cell.index(">") :].replace("<br>", " ")
    return " ".join("".join(part.partition(">")[2] for part in marked.split("<")).split())


def test_the_wait_for_a_yes_is_no_work(client):
    checked = send(client, PAGE, table(HEADINGS, ADA))
    assert took(client) == "–"  # noqa: RUF001
    long_ago = timezone.now() - timedelta(minutes=50)
    FileTransfer.objects.filter(pk=checked.pk).update(created_at=long_ago)

    transfers.confirm_transfer(checked, tasks.import_file)
    run(tasks.import_file, checked)
    done = FileTransfer.objects.get()
    FileTransfer.objects.update(ended_at=done.ended_at + timedelta(minutes=2))

    assert took(client) == "2 min"


def test_what_stands_in_the_file_is_the_senders_alone(client, admin):
    own = send(client, PAGE, table(HEADINGS, [*ADA[:2], "x"]))
    FileTransfer.objects.update(faults=[[2, "Phone", HIDDEN]], request_id="the-request")
    link = f'href="{PAGE}import/{own.pk}/"'

    as_sender = client.get(f"{LIST}{own.pk}/change/").content.decode()
    as_other = signed_in(Role.ADMIN).get(f"{LIST}{own.pk}/change/").content.decode()

    assert (link in as_sender, link in as_other) == (True, False)
    for page in (as_sender, as_other, client.get(LIST).content.decode()):
        assert HIDDEN not in page
    assert "the-request" in as_other


def test_nobody_changes_it(client):
    transfer = send(client, PAGE, table(HEADINGS, ADA))

    for path in ("add/", f"{transfer.pk}/delete/"):
        assert client.get(f"{LIST}{path}").status_code == 403
    answer = client.post(f"{LIST}{transfer.pk}/change/", {"file_name": "other.csv"})

    assert answer.status_code == 403
    transfer.refresh_from_db()
    assert transfer.file_name == "file.csv"


def test_the_pages_of_files_lead_to_it(client):
    for page in ("import/", "export/"):
        assert f'href="{LIST}"' in client.get(f"{PAGE}{page}").content.decode().split("</nav>")[-1]
    assert f'href="{LIST}"' in client.get("/admin/").content.decode()
    assert LIST not in signed_in(Role.RECEPTIONIST).get("/admin/").content.decode()


def test_files_are_found_by_name_and_sender(client, admin):
    march = send(client, PAGE, table(HEADINGS, ADA), "march.csv")
    send(signed_in(Role.ADMIN), PAGE, table(HEADINGS, ADA), "april.csv")

    assert listed(client, "?q=march") == listed(client, f"?q={admin.email}") == [march]
    assert not listed(client, "?direction__exact=export")


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_takes_a_fixed_number_of_queries(client, count, django_assert_max_num_queries):
    for number in range(count):
        send(client, PAGE, table(HEADINGS, ADA), f"{number}.csv")
    client.get(LIST)

    with django_assert_max_num_queries(22):
        assert len(listed(client)) == count
