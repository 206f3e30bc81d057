"""Browsing the staff console in tests."""

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.test import Client

from accounts.models import User
from accounts.services.sign_ins import begin_by_web
from accounts.tests.factories import UserFactory


class Browser(Client):
    """Django's client, whose `force_login()` and `login()` begin a sign-in as our pages do."""

    def _login(self, user, backend=None):
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = "127.0.0.1"
        request.session = self.session
        begin_by_web(request, user, by_factor=user.has_factor)
        request.session.save()
        self.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key


def signed_in(user: User | str) -> Browser:
    """A client signed in as this user, or as a new one with this role."""
    client = Browser()
    client.force_login(UserFactory(role=user) if isinstance(user, str) else user)
    return client


def opened(client: Client, address: str) -> dict[str, str]:
    """What the form at this address sends back of how it was opened."""
    form = client.get(address).context["adminform"].form
    return {"opened": form["opened"].value()}


def said(response) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def faults(response) -> dict[str, list[str]]:
    """What the form of the page says beside its fields (`__all__`: above them)."""
    return dict(response.context["adminform"].form.errors)
