"""The page that lists where one is signed in, and ends it there."""

import pytest

from accounts.models import SignIn
from accounts.roles import Role
from accounts.security.devices import device_name
from accounts.services.sign_ins import begin_by_api
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory

URL = "/me/sign-ins/"
OTHERS = "019f4f14-efc0-7ca2-9c3d-488b8cfbc61b"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.django_db
def test_own_sign_ins_are_listed():
    user = UserFactory(role=Role.PATIENT)
    client = signed_in(user)
    begin_by_api(user, address="192.0.2.1", user_agent=PHONE)
    begin_by_api(UserFactory(), address="192.0.2.99")

    page = client.get(URL).content.decode()

    assert "Safari on iPhone" in page
    assert "192.0.2.1" in page
    assert "192.0.2.99" not in page
    assert page.count("This device") == 1
    assert page.count('name="sign_in"') == 1  # One ends this one by signing out.


@pytest.mark.django_db
def test_ending_one_of_them():
    user = UserFactory(role=Role.PATIENT)
    here, elsewhere = signed_in(user), signed_in(user)
    other = SignIn.objects.exclude(pk=here.session["sign_in"]).get()

    response = here.post(URL, {"sign_in": other.pk})

    assert response["Location"] == URL
    other.refresh_from_db()
    assert other.ended_because == "by_user"
    assert elsewhere.get(URL)["Location"] == f"/sign-in/?next={URL}"
    assert here.get(URL).status_code == 200


@pytest.mark.django_db
def test_ending_all_the_others():
    user = UserFactory(role=Role.PATIENT)
    here, *others = signed_in(user), signed_in(user), signed_in(user)

    here.post(URL, {"all": "1"})

    assert here.get(URL).status_code == 200
    assert [other.get(URL).status_code for other in others] == [302, 302]


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", ["", "nonsense", "\x00", OTHERS, None])
def test_ending_what_is_not_ones_own_does_nothing(chosen):
    client = signed_in(Role.PATIENT)
    foreign = begin_by_api(UserFactory()) and SignIn.objects.get(door="api")

    client.post(URL, {"sign_in": foreign.pk if chosen is None else chosen})

    assert SignIn.objects.live().count() == 2


@pytest.mark.django_db
def test_it_is_for_those_signed_in(client):
    assert client.get(URL)["Location"] == f"/sign-in/?next={URL}"
    assert client.post(URL, {"all": "1"})["Location"] == f"/sign-in/?next={URL}"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (PHONE, "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Firefox/145.0", "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/142 Safari/537 Edg/142", "Edge on Windows"),
        ("curl/8.5.0", "Somewhere"),
        ("", "Somewhere"),
    ],
)
def test_devices_are_called_as_people_call_them(user_agent, name):
    assert device_name(user_agent, "Somewhere") == name
