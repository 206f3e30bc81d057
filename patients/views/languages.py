"""The switch at the top of every page that says in which language its reader wants it."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.services import kept_forms
from clinic.languages import is_known
from clinic.web.languages import SWITCH, remember_language
from patients import services
from patients.models import Patient


@never_cache
@csrf_exempt
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language in this browser, and in the record of a patient who is signed in.

    What was typed into a form of somebody who is signed in is shown again in the new language.
    Without the usual token, which would set a cookie for everybody who only looks at a page; so
    other sites are refused by the name that browsers send with every form.
    """
    if request.headers.get("Origin") not in (None, f"{request.scheme}://{request.get_host()}"):
        raise PermissionDenied
    language = request.POST.get(SWITCH) or request.POST.get("language", "")
    if not is_known(language):
        return HttpResponseBadRequest("There is no such language here.", "text/plain")
    if request.user.is_authenticated and (own := Patient.objects.own(request.user).first()):
        services.choose_language(own, language)
    page = way_back(request)
    if SWITCH in request.POST and request.user.is_authenticated:
        kept_forms.keep(request, str(request.user.pk), page)
    return remember_language(redirect(page), language)


def way_back(request: HttpRequest) -> str:
    """The page that the switch stands on, where it is one of ours; else the first one."""
    page = request.POST.get("next") or request.GET.get("next", "")
    is_ours = page.startswith("/") and url_has_allowed_host_and_scheme(page, None)
    return page if is_ours else "/"
