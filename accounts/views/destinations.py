"""Where somebody goes who has signed in."""

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User


def destination(request: HttpRequest, user: User) -> str:
    """The page that was asked for before signing in, where it is one that this user has."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    console = reverse("admin:index")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    if is_ours and (user.is_staff or not wanted.startswith(console)):
        return wanted
    return console if user.is_staff else reverse(settings.LOGIN_REDIRECT_URL)
