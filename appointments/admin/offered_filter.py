"""Filters of the console's list of visits by what they are, and where."""

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters

from clinic.text import as_uuid


class ByOffered(admin.SimpleListFilter):
    """By the records of one kind that are in use, which the list's admin has read already."""

    kind = ""  # The attribute of `Offered` that has them.

    def lookups(self, request, model_admin):
        offered = getattr(model_admin.offered(request), self.kind)
        return [(str(one.pk), str(one)) for one in offered]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        key = as_uuid(self.value())
        if key is None:
            raise IncorrectLookupParameters
        return queryset.filter(**{self.parameter_name: key})


class TypeFilter(ByOffered):
    title, parameter_name, kind = "visit type", "service", "services"


class PlaceFilter(ByOffered):
    title, parameter_name, kind = "place", "location", "places"


FILTERS = {"service": TypeFilter, "location": PlaceFilter}
