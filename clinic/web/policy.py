from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")
# What no page of ours uses: a script that got into one couldn't either.
UNUSED = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
FIXED = {
    "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOT_KEPT = "private, no-store"


class PolicyMiddleware(CSPMiddleware):
    """What browsers may do with what is answered: the Content-Security-Policy of the settings, put
    together once, not for every answer; nothing that our pages don't do; and where somebody may be
    signed in, keep nothing of it."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        headers = response.headers
        for name, value in FIXED.items():
            headers.setdefault(name, value)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            headers.setdefault("Cache-Control", NOT_KEPT)
        is_plain = not settings.DEBUG and not hasattr(request, "_csp_nonce")
        if not is_plain or any(hasattr(response, name) for name in OWN):
            return super().process_response(request, response)
        headers.setdefault(HEADER, self.policy)
        return response

    @cached_property
    def policy(self) -> str:
        return build_policy()
