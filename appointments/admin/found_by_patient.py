"""Lists of the console whose rows are looked for by their patient."""

from django.contrib import messages

from patients.models import Patient
from patients.search.finding import MORE_FIT


class FoundByPatient:
    search_fields = ("patient",)  # Replaced by the search for patients.
    search_help_text = "Patient's name, e-mail, phone, date of birth or record number"

    def get_search_results(self, request, queryset, search_term):
        """Among the patients of the list's own rows: a search finds so many at most, and those of
        other lists must not take their places. Where there may be more, it says so."""
        if not search_term.strip():
            return queryset, False
        listed = {"pk__in": queryset.order_by().values("patient")}
        sees_all = request.user.has_perm("patients.view_all_patient")
        patients = Patient.objects.all()
        patients = patients.filter(**listed) if sees_all else patients.narrowed(**listed)
        found = patients.search(search_term)
        if found.has_more:
            self.message_user(request, MORE_FIT, messages.INFO)
        return queryset.filter(patient__in=found), False
