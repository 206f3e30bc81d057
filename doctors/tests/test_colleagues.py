"""What doctors see of each other in the console: what anybody may know; the own record whole."""

import pytest

from accounts.roles import Role
from accounts.tests.console import signed_in
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/doctors/doctor/"


@pytest.fixture
def colleague():
    return DoctorFactory(
        with_account=True,
        last_name="Colleague",
        email="of-a-colleague@mail.example",
        phone="+4930998877",
        license_number="LICENCE-1",
    )


SECRETS = ("of-a-colleague", "998877", "LICENCE-1")


def shown(client, path: str) -> list[str]:
    page = client.get(path)
    assert page.status_code == 200
    text = page.content.decode().replace(" ", "")
    assert "Colleague" in text or "0 doctors" in page.content.decode()
    return [secret for secret in SECRETS if secret in text]


def test_a_colleague_is_shown_without_address_number_and_licence(colleague):
    me = DoctorFactory(with_account=True)
    client = signed_in(me.user)
    own = client.get(f"{LIST}{me.pk}/change/").content.decode()

    assert shown(client, LIST) == []
    assert shown(client, f"{LIST}{colleague.pk}/change/") == []
    assert list(client.get(f"{LIST}?q=of-a-colleague").context["cl"].result_list) == []
    assert list(client.get(f"{LIST}?q=Colleague").context["cl"].result_list) == [colleague]
    assert me.email in own


def test_the_front_office_sees_all_of_it(colleague):
    client = signed_in(Role.RECEPTIONIST)

    assert set(shown(client, LIST)) == {"of-a-colleague", "998877"}
    assert set(shown(client, f"{LIST}{colleague.pk}/change/")) == set(SECRETS)
    assert list(client.get(f"{LIST}?q=of-a-colleague").context["cl"].result_list) == [colleague]
