"""The page that confirms an e-mail address."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.services import verification
from accounts.views.link_tokens import forget_token, taken_from_address, token_at_hand
from clinic.web.limits import seconds_to_wait
from clinic.web.views import form_page, too_many_requests

CONFIRMED = _("Thank you. Your e-mail address is confirmed.")
APPLIED = _(
    "Thank you. Your e-mail address is confirmed. We look at your application and write to you."
)


@never_cache
@form_page
def verify_email(request: HttpRequest) -> HttpResponse:
    """Confirm an address by a button: programs that look into mails open the link, too."""
    if way_on := taken_from_address(request):
        return way_on
    token = token_at_hand(request)
    if request.method == "POST" and token:
        if wait := seconds_to_wait(request, "verify"):
            return too_many_requests(request, wait)
        try:
            user = verification.verify_by_link(token)
        except ValidationError:
            token = ""
        else:
            messages.success(request, CONFIRMED if user.is_active else APPLIED)
            way_on = redirect(settings.LOGIN_REDIRECT_URL if user.is_active else "home")
            return forget_token(request, way_on)
    if not token:
        answer = render(request, "accounts/dead_verification.html", status=410)
        return forget_token(request, answer)
    return render(request, "accounts/verify_email.html")
