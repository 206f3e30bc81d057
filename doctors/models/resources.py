"""Rooms and equipment that are booked along with visits."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.copies import Copy
from clinic.history import tracked
from clinic.text import PlainText
from doctors.models.places import Location
from doctors.models.times import Stretch, in_order


class ResourceQuerySet(models.QuerySet["Resource"]):
    def active(self) -> "ResourceQuerySet":
        return self.filter(is_active=True)

    def visible_to(self, user) -> "ResourceQuerySet":
        """Staff see rooms and equipment, and who sets the clinic up those out of use, too."""
        if user.has_perm("doctors.change_resource"):
            return self
        return self.active() if user.has_perm("doctors.view_resource") else self.none()


@tracked()
class Resource(Copy):
    """A room or a piece of equipment, one of a pool. No two visits have it at the same time."""

    class Kind(models.TextChoices):
        ROOM = "room", "Room"
        EQUIPMENT = "equipment", "Equipment"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, validators=[PlainText()])
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.ROOM)
    pool = models.CharField(
        max_length=50,
        validators=[PlainText()],
        help_text="What it is one of, e.g. Ultrasound: a visit gets the first that is free.",
    )
    location = models.ForeignKey(
        Location,
        verbose_name="place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="resources",
        help_text="Empty: it can be had at every place.",
    )
    is_active = models.BooleanField("in use", default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ResourceQuerySet.as_manager()

    constraint_fields = {"resource_named": "name"}

    class Meta:
        ordering = ["pool", "name", "id"]
        verbose_name = "room or equipment"
        verbose_name_plural = "rooms and equipment"
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                "location",
                name="resource_name_unique",
                nulls_distinct=False,
                violation_error_code="resource_named",
                violation_error_message="This name is taken at this place.",
            ),
            models.CheckConstraint(
                name="resource_kind_known",
                condition=Q(kind__in=("room", "equipment")),
                violation_error_message="This kind is not known.",
            ),
            models.CheckConstraint(
                name="resource_pool_named",
                condition=~Q(pool=""),
                violation_error_message="What is it one of?",
            ),
        ]
        indexes = [models.Index(fields=["pool", "id"], name="resource_by_pool")]

    def __str__(self) -> str:
        return self.name


@tracked()
class ResourceOutage(Stretch):
    """When a room or device can't be used. What is booked with it then stays booked."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="outages")

    class Meta(Stretch.Meta):
        verbose_name = "time out of service"
        verbose_name_plural = "times out of service"
        constraints = [in_order("resource_outage_in_order")]
        indexes = [models.Index(fields=["resource", "ends_at"], name="resource_outage_by_resource")]

    @property
    def whose(self) -> Resource:
        return self.resource
