"""The clinic's public pages that belong to no app."""

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

form_page = require_http_methods(["GET", "HEAD", "POST"])  # One that is read, and sent as a form.


@require_safe
@vary_on_headers("Accept")
def clinic_home(request: HttpRequest) -> HttpResponse:
    """The clinic's first page; programs that prefer JSON get the API's name."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"message": "Patient Registration API"})
    return render(request, "clinic/home.html")


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "clinic/privacy.html")


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is made of: nothing yet, unless it was sent."""
    return request.POST if request.method == "POST" else None


def too_many_requests(request: HttpRequest, seconds: int, words: str = "") -> HttpResponse:
    """Please wait; `words` say what wasn't done where it isn't the network's limit."""
    response = render(request, "429.html", {"words": words}, status=429)
    response["Retry-After"] = str(seconds)
    return response
