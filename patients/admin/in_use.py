"""Records that are inactive are found where they are asked for, and not suggested."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from clinic.console.parts import ServiceAdmin
from patients.models import Note, Patient

INACTIVE = "inactive"
NONE_ACTIVE = "Only records that are inactive fit."


class ActiveFilter(admin.SimpleListFilter):
    """Those in use, unless the others are asked for."""

    title = "record"
    parameter_name = "active"

    def lookups(self, request, model_admin):
        return [("yes", "Active"), ("no", "Inactive"), ("all", "All")]

    def choices(self, changelist):
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            chosen = (self.value() or "yes") == value
            yield {"selected": chosen, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        if self.value() == "no":
            return queryset.filter(is_active=False)
        return queryset.suggested(request.GET.get(SEARCH_VAR, ""))


class FoundAtDesk(ServiceAdmin):
    """An admin of patients that finds them by whatever is typed."""

    def get_search_results(self, request, queryset, search_term):
        """The best come first, unless another order was asked for. Where none that is in use
        fits, those are found that aren't."""
        if getattr(request, "suggests", False):
            found = self.suggested(request, queryset, search_term)
        else:
            found = queryset.search(search_term)
            is_asked = not search_term.strip() or ActiveFilter.parameter_name in request.GET
            if not is_asked and not found.exists():
                found = self.get_queryset(request).filter(is_active=False).search(search_term)
                request.none_active = found.exists()
        request.more_fit = found.has_more
        if search_term.strip() and "o" not in request.GET:
            found = found.order_by("-likeness", *self.ordering)
        return found, False

    def suggested(self, request: HttpRequest, queryset: Any, term: str) -> QuerySet[Patient]:
        warnings = Note.objects.visible_to(request.user).on_board()
        found = queryset.suggested(term).search(term)
        return found.prefetch_related(Prefetch("notes", warnings, to_attr="warnings"))

    def suggestion(self, patient: Patient) -> dict[str, Any]:
        return {"warnings": [note.text for note in patient.warnings]}
