from django.contrib import admin

from doctors import services
from doctors.admin.set_up import SetUpAdmin
from doctors.models import Location


@admin.register(Location)
class PlaceAdmin(SetUpAdmin):
    menu_name = "Places"
    counted = ("place", "places")
    add_title = "Add a place"
    none_yet = (
        "No places. A clinic with one house needs none: patients find it under the clinic's own "
        "address."
    )
    list_display = ("name", "address", "phone_number", "is_active")
    list_filter = ("is_active",)
    fieldsets = (
        (None, {"fields": ("name", "address", "phone", "is_active")}),
        ("On a map", {"fields": (("latitude", "longitude"),)}),
    )

    @admin.display(description="phone", empty_value="")
    def phone_number(self, place: Location) -> str:
        return place.phone.as_international if place.phone else ""

    def save_model(self, request, obj, form, change):
        services.save_location(obj, by=request.user)

    def delete_model(self, request, obj):
        services.remove_location(obj, by=request.user)
