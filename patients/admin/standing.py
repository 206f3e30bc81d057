"""The console's addresses of records that were merged: they lead to the one that stands now."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from clinic.console.parts import ServiceAdmin
from clinic.text import as_uuid
from patients.models import Patient

PAGE = "admin:patients_patient_change"


class StandingPages(ServiceAdmin):
    """An admin of patients, some of whom were registered twice, and merged."""

    def get_urls(self):
        routes = super().get_urls()
        for route in routes:
            route.callback = self.leading_on(route.callback)
        return routes

    def leading_on(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except Http404:
                answer = self.lead_on(request, [str(value) for value in kwargs.values()])
                if answer is None:
                    raise
                return answer

        return wrapper

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        answer = self.lead_on(request, [unquote(object_id)])
        return answer or super()._get_obj_does_not_exist_redirect(request, opts, object_id)

    def lead_on(self, request: HttpRequest, asked: list[str]) -> HttpResponse | None:
        """The same page of the records that stand for those of these keys, and a word about it.
        None where no record that the user may see stands for another."""
        leads: dict[str, Patient] = {}
        for one in asked:
            key = as_uuid(one)
            found = self.get_queryset(request).standing_for(key).first() if key else None
            if found is not None:
                leads[one] = found
        merged = {one: found for one, found in leads.items() if UUID(one) != found.pk}
        if not merged:
            return None
        self.tell_merged(request, merged)
        stays = request.method in ("GET", "HEAD") and len({*leads.values()}) == len(asked)
        if not stays:
            return redirect(PAGE, next(iter(merged.values())).pk)
        address = request.get_full_path()
        for one, found in merged.items():
            address = address.replace(one, str(found.pk))
        return redirect(address)

    def tell_merged(self, request: HttpRequest, merged: dict[str, Patient]) -> None:
        """Not where a picture is asked for: the word would stand on whatever page comes next."""
        if request.path.endswith("/photo/"):
            return
        unsaved = " Nothing was saved." if request.method == "POST" else ""
        numbers = Patient.objects.in_bulk(list(merged))
        for one, found in merged.items():
            old = numbers[UUID(one)].record_number
            word = f"{old} was merged into {found.record_number}, which you see here.{unsaved}"
            self.message_user(request, word, messages.WARNING)
