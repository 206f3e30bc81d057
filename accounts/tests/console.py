"""Browsing the staff console in tests."""

from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory


def signed_in(user: User | str) -> Client:
    """A client signed in as this user, or as a new one with this role."""
    client = Client()
    client.force_login(UserFactory(role=user) if isinstance(user, str) else user)
    return client


def said(response) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def faults(response) -> dict[str, list[str]]:
    """What the form of the page says beside its fields (`__all__`: above them)."""
    return dict(response.context["adminform"].form.errors)
