"""What the pages of visit types, places, rooms and equipment have in common."""

from django.core.cache import cache

from clinic.console.parts import ServiceAdmin
from doctors.models import HealthcareService, Location, Resource

SECONDS = 60


class SetUpAdmin(ServiceAdmin):
    """Who sets the clinic up changes them. Other staff read them, and find them in the menu once
    there is anything to be read."""

    def has_module_permission(self, request):
        if not super().has_module_permission(request):
            return False
        name = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return request.user.has_perm(name) or bool(
            cache.get_or_set("is_anything_set_up", is_anything_set_up, SECONDS)
        )


def is_anything_set_up() -> bool:
    first, *others = (
        model.objects.order_by().values_list("pk", flat=True)
        for model in (HealthcareService, Location, Resource)
    )
    return bool(first.union(*others, all=True)[:1])
