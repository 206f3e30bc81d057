from django import forms
from django.contrib import admin
from django.utils.html import format_html

from doctors import services
from doctors.admin.set_up import SetUpAdmin
from doctors.forms.visit_types import needs_words, visit_type_form
from doctors.models import HealthcareService

EVERYBODY, EVERYWHERE = "Every doctor", "Everywhere"


@admin.register(HealthcareService)
class VisitTypeAdmin(SetUpAdmin):
    menu_name = "Visit types"
    counted = ("visit type", "visit types")
    add_title = "Add a visit type"
    none_yet = "No visit types: each visit is as long as is usual with its doctor."
    list_display = ("name", "length", "price", "who", "where", "needed", "online", "is_active")
    list_filter = ("is_active", "is_online", "for_new_patients")
    search_fields = ("name", "code", "description")
    search_help_text = "Name, code or words for patients"
    fieldsets = (
        (None, {"fields": (("name", "code"), "description")}),
        (
            "Time and price",
            {
                "fields": (
                    "duration_minutes",
                    ("buffer_before_minutes", "buffer_after_minutes"),
                    ("price_amount", "price_currency"),
                )
            },
        ),
        ("For whom", {"fields": ("is_active", "is_online", "for_new_patients")}),
    )
    read_fieldsets = (
        (None, {"fields": ("name", "code", "description", "length", "price")}),
        ("Offered", {"fields": ("who_and_how_long", "where", "needed")}),
        ("For whom", {"fields": ("is_active", "is_online", "for_new_patients")}),
    )

    def get_queryset(self, request):
        related = ("service_doctors__doctor", "locations", "needs")
        return super().get_queryset(request).prefetch_related(*related)

    def get_fieldsets(self, request, obj=None):
        may = self.has_change_permission(request, obj) if obj else True
        return self.fieldsets if may else self.read_fieldsets

    def get_form(self, request, obj=None, change=False, **kwargs):
        kwargs["form"] = visit_type_form(obj if change else None)
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "description":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 3})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description="length", ordering="duration_minutes")
    def length(self, service: HealthcareService) -> str:
        """With what is kept free around it: "10 + 30 + 10 min"."""
        parts = (
            service.buffer_before_minutes,
            service.duration_minutes,
            service.buffer_after_minutes,
        )
        text = f"{service.duration_minutes} min"
        if not service.buffer_minutes:
            return text
        before, _, after = parts
        told = [f"{before} before"] if before else []
        told += [f"{after} after"] if after else []
        return format_html('{} <span class="quiet">+ {}</span>', text, ", ".join(told))

    @admin.display(description="price", ordering="price_amount", empty_value="")
    def price(self, service: HealthcareService) -> str:
        return service.price_text

    @admin.display(description="with")
    def who(self, service: HealthcareService) -> str:
        named = [str(one.doctor) for one in service.service_doctors.all()]
        return shortly(named) if named else EVERYBODY

    @admin.display(description="with")
    def who_and_how_long(self, service: HealthcareService) -> str:
        named = (
            f"{one.doctor} ({one.duration_minutes} min)"
            if one.duration_minutes
            else str(one.doctor)
            for one in service.service_doctors.all()
        )
        return ", ".join(named) or EVERYBODY

    @admin.display(description="at")
    def where(self, service: HealthcareService) -> str:
        return ", ".join(map(str, service.locations.all())) or EVERYWHERE

    @admin.display(description="needs", empty_value="")
    def needed(self, service: HealthcareService) -> str:
        return needs_words(service.needs.all())

    @admin.display(description="online", ordering="is_online", boolean=True)
    def online(self, service: HealthcareService) -> bool:
        return service.is_online

    def save_model(self, request, obj, form, change):
        services.save_service(
            obj,
            by=request.user,
            doctors=form.named_doctors(),
            locations=form.named_places(),
            needs=form.named_needs(),
        )

    def delete_model(self, request, obj):
        services.remove_service(obj, by=request.user)


def shortly(names: list[str], most: int = 2) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - most
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:most])} and {more} more"
