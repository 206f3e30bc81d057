"""`manage.py createsuperuser` asks for no more than it must, and lets no weak password pass."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.roles import Role

STRONG = "Kite-harbour-71-lantern"


@pytest.mark.django_db
def test_an_address_and_a_password_make_an_administrator(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", STRONG)

    call_command("createsuperuser", "--noinput", "--email", "Boss@Clinic.example", verbosity=0)

    user = User.objects.get()
    assert (user.email, user.role) == ("boss@clinic.example", Role.ADMIN)
    assert user.check_password(STRONG)
    with pytest.raises(CommandError, match="already registered"):
        call_command("createsuperuser", "--noinput", "--email", "boss@clinic.example", verbosity=0)


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["", "short", "alllowercase", "boss@clinic.example1"])
def test_no_password_is_taken_that_pages_would_refuse(monkeypatch, password):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)

    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", "--email", "boss@clinic.example", verbosity=0)

    assert not User.objects.exists()


@pytest.mark.django_db
def test_it_asks_again_and_offers_no_way_around_the_rules(monkeypatch, capsys):
    typed = iter(["short", STRONG, "another one", STRONG, STRONG])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "boss@clinic.example")
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))

    call_command("createsuperuser")

    told = capsys.readouterr()
    assert User.objects.get().check_password(STRONG)
    assert "at least" in told.err
    assert "two different ones" in told.err
    assert "Bypass" not in told.out + told.err
