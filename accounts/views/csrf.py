"""The answer to a form whose token is not the session's."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.services import kept_forms


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Nothing is done. What was typed comes back where the form is known to be the user's own."""
    if request.method == "POST" and kept_forms.is_own_form(request):
        page = request.get_full_path()
        if not request.user.is_authenticated:
            is_console = request.path.startswith(reverse("admin:index"))
            return redirect_to_login(page, reverse("admin:login") if is_console else None)
        if kept_forms.keep(request, str(request.user.pk), page):
            return redirect(page)
    return render(request, "403_csrf.html", status=403)
