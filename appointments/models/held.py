"""What holds time in calendars: its own, and the buffers before and after it."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary
from django.db import models
from django.db.models import F, Func

BUSY_PERIOD = Func(  # With the buffers; half-open: neighbours may touch.
    "busy_from",
    "busy_until",
    RangeBoundary(),
    function="TSTZRANGE",
    output_field=DateTimeRangeField(),
)


def moved_by(instant: str, minutes: str, sign: str) -> Func:
    """An instant and some minutes, as an expression that PostgreSQL keeps: local times of a zone
    would depend on settings, so it goes by way of UTC."""
    return Func(
        F(instant),
        F(minutes),
        template="((%(expressions)s * interval '1 minute') AT TIME ZONE 'UTC')",
        arg_joiner=f" AT TIME ZONE 'UTC' {sign} ",
        output_field=models.DateTimeField(),
    )


class Held(models.Model):
    """From `busy_from` to `busy_until` nobody else has the time."""

    starts_at: models.DateTimeField
    ends_at: models.DateTimeField
    buffer_before_minutes = models.PositiveSmallIntegerField(
        "kept free before", default=0, db_default=0, editable=False
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        "kept free after", default=0, db_default=0, editable=False
    )
    busy_from = models.GeneratedField(
        expression=moved_by("starts_at", "buffer_before_minutes", "-"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    busy_until = models.GeneratedField(
        expression=moved_by("ends_at", "buffer_after_minutes", "+"),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    class Meta:
        abstract = True

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at

    @property
    def duration_minutes(self) -> int:
        return int(self.duration.total_seconds() // 60)

    @property
    def holds_from(self) -> datetime:
        """`busy_from` of the times as they are in this copy, saved or not."""
        return self.starts_at - timedelta(minutes=self.buffer_before_minutes)

    @property
    def holds_until(self) -> datetime:
        """`busy_until` of the times as they are in this copy, saved or not."""
        return self.ends_at + timedelta(minutes=self.buffer_after_minutes)
