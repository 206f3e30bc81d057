"""Where visits take place."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.copies import Copy
from clinic.history import tracked
from clinic.phones import PhoneField
from clinic.text import PlainText

GEO_SENTENCE = "Name both latitude and longitude, or none."


class LocationQuerySet(models.QuerySet["Location"]):
    def active(self) -> "LocationQuerySet":
        return self.filter(is_active=True)

    def visible_to(self, user) -> "LocationQuerySet":
        """Who sets the clinic up sees all places; anybody else those that are in use."""
        return self if user.has_perm("doctors.change_location") else self.active()


@tracked()
class Location(Copy):
    """A place of the clinic: a house, a practice (FHIR: Location). All share one time zone."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, validators=[PlainText()])
    address = models.CharField(
        max_length=300,
        blank=True,
        validators=[PlainText(multiline=True)],
        help_text="As patients read it, e.g. 12 Mill Lane, 10115 Berlin, second floor.",
    )
    phone = PhoneField(blank=True)
    latitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text="Degrees, e.g. 52.520008: calendars show the place on a map.",
    )
    longitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )
    is_active = models.BooleanField("in use", default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LocationQuerySet.as_manager()

    constraint_fields = {"location_named": "name", "geo_whole": "longitude"}

    class Meta:
        ordering = ["name", "id"]
        verbose_name = "place"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="location_name_unique",
                violation_error_code="location_named",
                violation_error_message="There is a place of this name already.",
            ),
            models.CheckConstraint(
                name="location_geo_whole",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                violation_error_code="geo_whole",
                violation_error_message=GEO_SENTENCE,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_address(self) -> str:
        """Where it is found, in one line: its name and its address, or the clinic's own."""
        lines = (self.address or settings.CLINIC_ADDRESS).splitlines()
        return ", ".join([self.name, *filter(None, map(str.strip, lines))])

    def clean(self):
        super().clean()
        if (self.latitude is None) != (self.longitude is None):
            missing = "latitude" if self.latitude is None else "longitude"
            raise ValidationError({missing: GEO_SENTENCE})
