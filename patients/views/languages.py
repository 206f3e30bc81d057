"""The switch at the foot of every page that says in which language its reader wants it."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clinic.languages import is_known
from patients import services
from patients.models import Patient


@never_cache
@csrf_exempt
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in this browser, and in the record of a patient who is signed in.

    Without the usual token, which would set a cookie for everybody who only looks at a page; so
    other sites are refused by the name that browsers send with every form.
    """
    if request.headers.get("Origin") not in (None, f"{request.scheme}://{request.get_host()}"):
        raise PermissionDenied
    language = request.POST.get("language", "")
    if not is_known(language):
        return HttpResponseBadRequest("There is no such language here.", "text/plain")
    patient = Patient.objects.visible_to(request.user)
    if not request.user.is_staff and (own := patient.first()) is not None:
        own.language = language
        services.change(own, by=request.user)
    response = redirect(way_back(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response


def way_back(request: HttpRequest) -> str:
    """The page that the switch stands on, where it is one of ours; else the first one."""
    page = request.POST.get("next", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, None)
    return page if is_ours else "/"
