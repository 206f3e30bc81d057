from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

OWN = ("_csp_config", "_csp_update", "_csp_replace", "_csp_exempt")


class PolicyMiddleware(CSPMiddleware):
    """Put the Content-Security-Policy of the settings together once, not for every answer."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_plain = not settings.DEBUG and not hasattr(request, "_csp_nonce")
        if not is_plain or any(hasattr(response, name) for name in OWN):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.policy)
        return response

    @cached_property
    def policy(self) -> str:
        return build_policy()
