from django.contrib import admin

from appointments.forms.offered import Offered


class ChoosesOffered(admin.ModelAdmin):
    """Pages on which a visit type and a place are chosen."""

    def offered(self, request) -> Offered:
        """What there is to choose from; read once for the page."""
        if not hasattr(request, "offered"):
            request.offered = Offered.now()
        return request.offered

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name in ("service", "location"):
            return self.offered(request).field(db_field.name)
        return super().formfield_for_dbfield(db_field, request, **kwargs)
