from clinic.migrations._operations import AddTriggers, AllAtOnce
import clinic.text
import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.fields.json
import django.db.models.functions.text
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(AllAtOnce):
    dependencies = [
        ("accounts", "__first__"),
        ("appointments", "0001_squashed_0003_notes_on_visits"),
        ("doctors", "0006_what_is_offered"),
        ("patients", "0001_squashed_0009_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="AppointmentSeries",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        help_text="RFC 5545, RRULE, e.g. FREQ=WEEKLY;BYDAY=TU;COUNT=8.",
                        max_length=200,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "sequence",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="How often it was changed (RFC 5545, SEQUENCE).",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="series",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "series",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="AppointmentSeriesEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, serialize=False
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        help_text="RFC 5545, RRULE, e.g. FREQ=WEEKLY;BYDAY=TU;COUNT=8.",
                        max_length=200,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "sequence",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="How often it was changed (RFC 5545, SEQUENCE).",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="appointments.appointmentseries",
                    ),
                ),
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="appointmentserie_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="appointmentserie_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupSession",
            fields=[
                (
                    "price_amount",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="price"
                    ),
                ),
                (
                    "price_currency",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=3, verbose_name="currency"
                    ),
                ),
                (
                    "buffer_before_minutes",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, editable=False, verbose_name="kept free before"
                    ),
                ),
                (
                    "buffer_after_minutes",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, editable=False, verbose_name="kept free after"
                    ),
                ),
                (
                    "busy_from",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("starts_at"),
                            models.F("buffer_before_minutes"),
                            arg_joiner=" AT TIME ZONE 'UTC' - ",
                            output_field=models.DateTimeField(),
                            template="((%(expressions)s * interval '1 minute') AT TIME ZONE 'UTC')",
                        ),
                        output_field=models.DateTimeField(),
                    ),
                ),
                (
                    "busy_until",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("ends_at"),
                            models.F("buffer_after_minutes"),
                            arg_joiner=" AT TIME ZONE 'UTC' + ",
                            output_field=models.DateTimeField(),
                            template="((%(expressions)s * interval '1 minute') AT TIME ZONE 'UTC')",
                        ),
                        output_field=models.DateTimeField(),
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="start")),
                ("ends_at", models.DateTimeField(verbose_name="end")),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(help_text="2 to 30.", verbose_name="places"),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "booked_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("cancelled_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("sequence", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="doctors.location",
                        verbose_name="place",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="doctors.healthcareservice",
                        verbose_name="visit type",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "ends_at__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("starts_at"),
                                    "+",
                                    models.Value(datetime.timedelta(seconds=900)),
                                ),
                            ),
                            (
                                "ends_at__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("starts_at"),
                                    "+",
                                    models.Value(datetime.timedelta(seconds=10800)),
                                ),
                            ),
                        ),
                        name="session_length",
                        violation_error_code="too_short_or_long",
                        violation_error_message="An appointment lasts 15 to 180 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts_at__gt", models.F("booked_at"))),
                        name="session_in_future",
                        violation_error_code="not_in_future",
                        violation_error_message="An appointment must start in the future.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("capacity__range", (2, 30))),
                        name="session_capacity",
                        violation_error_code="places",
                        violation_error_message="A session has 2 to 30 places.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("buffer_after_minutes__range", (0, 60)),
                            ("buffer_before_minutes__range", (0, 60)),
                        ),
                        name="session_buffers",
                        violation_error_message="A buffer is 0 to 60 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("price_amount", None), ("price_currency", "")),
                            models.Q(
                                ("price_amount__gte", 0), ("price_currency__regex", "^[A-Z]{3}$")
                            ),
                            _connector="OR",
                        ),
                        name="session_price_whole",
                        violation_error_message="A price has an amount and a currency.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("cancelled_at", None)),
                        expressions=[
                            ("doctor", "="),
                            (
                                models.Func(
                                    "busy_from",
                                    "busy_until",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                    function="TSTZRANGE",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="session_doctor_free",
                        violation_error_code="doctor_double_booked",
                        violation_error_message="This doctor is already booked then.",
                    ),
                ],
                "indexes": [models.Index(fields=["doctor", "starts_at"], name="session_by_doctor")],
            },
        ),
        migrations.CreateModel(
            name="AppointmentResource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("busy_from", models.DateTimeField()),
                ("busy_until", models.DateTimeField()),
                ("is_held", models.BooleanField(default=True)),
                (
                    "appointment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resource_bookings",
                        to="appointments.appointment",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="doctors.resource",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resource_bookings",
                        to="appointments.groupsession",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("appointment__isnull", False), ("session", None)),
                            models.Q(("appointment", None), ("session__isnull", False)),
                            _connector="OR",
                        ),
                        name="appointment_resource_of_one",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("is_held", True)),
                        expressions=[
                            ("resource", "="),
                            (
                                models.Func(
                                    "busy_from",
                                    "busy_until",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(),
                                    function="TSTZRANGE",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="appointment_resource_free",
                        violation_error_code="resource_double_booked",
                        violation_error_message="No room or device that this needs is free then.",
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["resource", "busy_from"], name="appointment_resource_by_start"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AppointmentResourceEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                ("busy_from", models.DateTimeField()),
                ("busy_until", models.DateTimeField()),
                ("is_held", models.BooleanField(default=True)),
                (
                    "appointment",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="appointments.appointment",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="appointments.appointmentresource",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.resource",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="appointments.groupsession",
                    ),
                ),
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="appointmentresou_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="appointmentresou_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupSessionEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "price_amount",
                    models.DecimalField(
                        blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="price"
                    ),
                ),
                (
                    "price_currency",
                    models.CharField(
                        blank=True, db_default="", default="", max_length=3, verbose_name="currency"
                    ),
                ),
                (
                    "buffer_before_minutes",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, editable=False, verbose_name="kept free before"
                    ),
                ),
                (
                    "buffer_after_minutes",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, editable=False, verbose_name="kept free after"
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, serialize=False
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="start")),
                ("ends_at", models.DateTimeField(verbose_name="end")),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(help_text="2 to 30.", verbose_name="places"),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "booked_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("cancelled_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("sequence", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.location",
                        verbose_name="place",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="appointments.groupsession",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.healthcareservice",
                        verbose_name="visit type",
                    ),
                ),
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="groupsession_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="groupsession_event_by_time"),
                ],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="appointment",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="appointment",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="appointment",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="slotoffer",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="slotoffer",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="slotoffer",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="waitlistentry",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="waitlistentry",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="waitlistentry",
            name="update_update",
        ),
        migrations.RemoveConstraint(
            model_name="appointment",
            name="appointment_doctor_free",
        ),
        # PostgreSQL checks the older first: who wants a doctor's and a patient's own time twice is
        # told of the doctor.
        migrations.RemoveConstraint(
            model_name="appointment",
            name="appointment_patient_free",
        ),
        migrations.RemoveConstraint(
            model_name="slotoffer",
            name="slot_offer_held_once",
        ),
        migrations.AddField(
            model_name="appointment",
            name="buffer_after_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free after"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="buffer_before_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free before"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="location",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="service",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="doctors.healthcareservice",
                verbose_name="visit type",
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="buffer_before_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free before"
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="location",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="service",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.healthcareservice",
                verbose_name="visit type",
            ),
        ),
        migrations.AddField(
            model_name="slotoffer",
            name="buffer_before_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free before"
            ),
        ),
        migrations.AddField(
            model_name="slotoffer",
            name="location",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="slot_offers",
                to="doctors.location",
            ),
        ),
        migrations.AddField(
            model_name="slotoffer",
            name="service",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="slot_offers",
                to="doctors.healthcareservice",
            ),
        ),
        migrations.AddField(
            model_name="slotofferevent",
            name="buffer_before_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free before"
            ),
        ),
        migrations.AddField(
            model_name="slotofferevent",
            name="location",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.location",
            ),
        ),
        migrations.AddField(
            model_name="slotofferevent",
            name="service",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.healthcareservice",
            ),
        ),
        migrations.AddField(
            model_name="waitlistentry",
            name="location",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: wherever a time is free.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="waitlist",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="waitlistentry",
            name="service",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="waitlist",
                to="doctors.healthcareservice",
                verbose_name="visit type",
            ),
        ),
        migrations.AddField(
            model_name="waitlistentryevent",
            name="location",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Empty: wherever a time is free.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="waitlistentryevent",
            name="service",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.healthcareservice",
                verbose_name="visit type",
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="buffer_after_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free after"
            ),
        ),
        migrations.AddField(
            model_name="slotoffer",
            name="buffer_after_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free after"
            ),
        ),
        migrations.AddField(
            model_name="slotofferevent",
            name="buffer_after_minutes",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, editable=False, verbose_name="kept free after"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="price_amount",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="price"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="price_currency",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=3, verbose_name="currency"
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="seat",
            field=models.PositiveSmallIntegerField(
                editable=False, help_text="Which of the session's places it has.", null=True
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="price_amount",
            field=models.DecimalField(
                blank=True, decimal_places=4, max_digits=12, null=True, verbose_name="price"
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="price_currency",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=3, verbose_name="currency"
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="seat",
            field=models.PositiveSmallIntegerField(
                editable=False, help_text="Which of the session's places it has.", null=True
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="series",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="appointments.appointmentseries",
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="series",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="appointments.appointmentseries",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="session",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appointments",
                to="appointments.groupsession",
            ),
        ),
        migrations.AddField(
            model_name="appointmentevent",
            name="session",
            field=models.ForeignKey(
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="appointments.groupsession",
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="busy_from",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("starts_at"),
                    models.F("buffer_before_minutes"),
                    arg_joiner=" AT TIME ZONE 'UTC' - ",
                    output_field=models.DateTimeField(),
                    template="((%(expressions)s * interval '1 minute') AT TIME ZONE 'UTC')",
                ),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="busy_until",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("ends_at"),
                    models.F("buffer_after_minutes"),
                    arg_joiner=" AT TIME ZONE 'UTC' + ",
                    output_field=models.DateTimeField(),
                    template="((%(expressions)s * interval '1 minute') AT TIME ZONE 'UTC')",
                ),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddField(
            model_name="slotoffer",
            name="busy_from",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("starts_at"),
                    models.F("buffer_before_minutes"),
                    arg_joiner=" AT TIME ZONE 'UTC' - ",
                    output_field=models.DateTimeField(),
                    template="((%(expressions)s * interval '1 minute') AT TIME ZONE 'UTC')",
                ),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddField(
            model_name="slotoffer",
            name="busy_until",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    models.F("ends_at"),
                    models.F("buffer_after_minutes"),
                    arg_joiner=" AT TIME ZONE 'UTC' + ",
                    output_field=models.DateTimeField(),
                    template="((%(expressions)s * interval '1 minute') AT TIME ZONE 'UTC')",
                ),
                output_field=models.DateTimeField(),
            ),
        ),
        migrations.AddConstraint(
            model_name="slotoffer",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("state", "open")),
                expressions=[
                    ("doctor", "="),
                    (
                        models.Func(
                            "busy_from",
                            "busy_until",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="slot_offer_held_once",
                violation_error_message="This time is offered to somebody else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(
                    ("overbook_reason", ""),
                    ("session", None),
                    ("status__in", ("booked", "checked_in", "in_consultation", "fulfilled")),
                ),
                expressions=[
                    ("doctor", "="),
                    (
                        models.Func(
                            "busy_from",
                            "busy_until",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="appointment_doctor_free",
                violation_error_code="doctor_double_booked",
                violation_error_message="This doctor is already booked then.",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(
                    ("overbook_reason", ""),
                    ("status__in", ("booked", "checked_in", "in_consultation", "fulfilled")),
                ),
                expressions=[
                    ("patient", "="),
                    (
                        models.Func(
                            "starts_at",
                            "ends_at",
                            django.contrib.postgres.fields.ranges.RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="appointment_patient_free",
                violation_error_code="patient_double_booked",
                violation_error_message="This patient already has an appointment then.",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("buffer_after_minutes__range", (0, 60)),
                    ("buffer_before_minutes__range", (0, 60)),
                ),
                name="appointment_buffers",
                violation_error_message="A buffer is 0 to 60 minutes.",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("price_amount", None), ("price_currency", "")),
                    models.Q(("price_amount__gte", 0), ("price_currency__regex", "^[A-Z]{3}$")),
                    _connector="OR",
                ),
                name="appointment_price_whole",
                violation_error_message="A price has an amount and a currency.",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("seat", None), ("session", None)),
                    models.Q(("seat__range", (1, 30)), ("session__isnull", False)),
                    _connector="OR",
                ),
                name="appointment_seat_of_session",
                violation_error_message="Who takes part in a session has one of its places.",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("session__isnull", False),
                    ("status__in", ("booked", "checked_in", "in_consultation", "fulfilled")),
                ),
                fields=("session", "seat"),
                name="appointment_seat_once",
                violation_error_code="session_full",
                violation_error_message="All places are taken.",
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("series__isnull", False)),
                fields=["series", "starts_at"],
                name="appointment_by_series",
            ),
        ),
        AddTriggers(
            triggers={
                "appointmentresource": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_appointmentresourceevent" ("appointment_id", "busy_from", "busy_until", "id", "is_held", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "resource_id", "session_id") VALUES (NEW."appointment_id", NEW."busy_from", NEW."busy_until", NEW."id", NEW."is_held", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."resource_id", NEW."session_id"); RETURN NULL;',
                            hash="50818d0a420aee9da5bf629958b06e4981103265",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_a1587",
                            table="appointments_appointmentresource",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "appointments_appointmentresourceevent" ("appointment_id", "busy_from", "busy_until", "id", "is_held", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "resource_id", "session_id") VALUES (NEW."appointment_id", NEW."busy_from", NEW."busy_until", NEW."id", NEW."is_held", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."resource_id", NEW."session_id"); RETURN NULL;',
                            hash="3fc6e06e58ed05370ac0bff83502fc4232261fdd",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_5aacd",
                            table="appointments_appointmentresource",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_appointmentresourceevent" ("appointment_id", "busy_from", "busy_until", "id", "is_held", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "resource_id", "session_id") VALUES (OLD."appointment_id", OLD."busy_from", OLD."busy_until", OLD."id", OLD."is_held", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."resource_id", OLD."session_id"); RETURN NULL;',
                            hash="f4f2d70973bb2c7d394083464adbf547ba7d9cc8",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_8e208",
                            table="appointments_appointmentresource",
                            when="AFTER",
                        ),
                    ),
                ],
                "appointmentresourceevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="3262827133990bbf5b81febec9bcd36099187f5d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_13729",
                            table="appointments_appointmentresourceevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "appointmentseries": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_appointmentseriesevent" ("created_at", "created_by_id", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "rule", "sequence") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."rule", NEW."sequence"); RETURN NULL;',
                            hash="70e01e12bcd25da96fc563c9e212fc9b6c4cd073",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_04d7d",
                            table="appointments_appointmentseries",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "appointments_appointmentseriesevent" ("created_at", "created_by_id", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "rule", "sequence") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."rule", NEW."sequence"); RETURN NULL;',
                            hash="89e68873b4a5b0c09fb3c1d7112cb2b74853d8b5",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_14e8a",
                            table="appointments_appointmentseries",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_appointmentseriesevent" ("created_at", "created_by_id", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "rule", "sequence") VALUES (OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."id", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."rule", OLD."sequence"); RETURN NULL;',
                            hash="271fc671e42057d1ebc4ead0677f38e5dd0c133e",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_27e78",
                            table="appointments_appointmentseries",
                            when="AFTER",
                        ),
                    ),
                ],
                "appointmentseriesevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="da1a0c7e0c8224756ef5f2adec4acb91c4a7fd3b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_05597",
                            table="appointments_appointmentseriesevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "groupsession": [
                    pgtrigger.compiler.Trigger(
                        name="never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="d932ee2e79bf9680a745d0a1ba74f234fb37d43e",
                            operation="DELETE",
                            pgid="pgtrigger_never_deleted_aef0b",
                            table="appointments_groupsession",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="apart_from_visits",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (NEW."cancelled_at" IS NULL)',
                            func="\n    PERFORM 1 FROM doctors_doctor WHERE id = NEW.doctor_id FOR NO KEY UPDATE;\n    IF EXISTS (SELECT FROM appointments_appointment WHERE doctor_id = NEW.doctor_id AND status IN ('booked', 'checked_in', 'in_consultation', 'fulfilled') AND overbook_reason = '' AND session_id IS NULL AND TSTZRANGE(busy_from, busy_until, '[)') && TSTZRANGE(NEW.busy_from, NEW.busy_until, '[)'))\n    THEN\n        RAISE EXCEPTION 'the doctor is booked then'\n            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'session_doctor_free';\n    END IF;\n    RETURN NULL;\n",
                            hash="e65bc0cc589c94274354e433fb7d642d3875be95",
                            operation='INSERT OR UPDATE OF "doctor_id", "starts_at", "ends_at", "buffer_before_minutes", "buffer_after_minutes", "cancelled_at"',
                            pgid="pgtrigger_apart_from_visits_a712a",
                            table="appointments_groupsession",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="rooms_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="\n    UPDATE appointments_appointmentresource\n        SET busy_from = NEW.busy_from, busy_until = NEW.busy_until, is_held = NEW.cancelled_at IS NULL\n        WHERE session_id = NEW.id\n        AND (busy_from, busy_until, is_held) IS DISTINCT FROM\n            (NEW.busy_from, NEW.busy_until, NEW.cancelled_at IS NULL);\n    RETURN NULL;\n",
                            hash="4ebcb00d3add7f5f2d5893fd23b9db2eab08abb2",
                            operation='UPDATE OF "starts_at", "ends_at", "buffer_before_minutes", "buffer_after_minutes", "cancelled_at"',
                            pgid="pgtrigger_rooms_kept_97069",
                            table="appointments_groupsession",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_groupsessionevent" ("booked_at", "buffer_after_minutes", "buffer_before_minutes", "cancelled_at", "capacity", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "sequence", "service_id", "starts_at", "title", "updated_at") VALUES (NEW."booked_at", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."cancelled_at", NEW."capacity", NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."price_amount", NEW."price_currency", NEW."sequence", NEW."service_id", NEW."starts_at", NEW."title", NEW."updated_at"); RETURN NULL;',
                            hash="0722c6478ba5dc754ab2271dde61eff1ed370276",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_2c0ef",
                            table="appointments_groupsession",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."booked_at" IS DISTINCT FROM (NEW."booked_at") OR OLD."buffer_after_minutes" IS DISTINCT FROM (NEW."buffer_after_minutes") OR OLD."buffer_before_minutes" IS DISTINCT FROM (NEW."buffer_before_minutes") OR OLD."cancelled_at" IS DISTINCT FROM (NEW."cancelled_at") OR OLD."capacity" IS DISTINCT FROM (NEW."capacity") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."doctor_id" IS DISTINCT FROM (NEW."doctor_id") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."location_id" IS DISTINCT FROM (NEW."location_id") OR OLD."price_amount" IS DISTINCT FROM (NEW."price_amount") OR OLD."price_currency" IS DISTINCT FROM (NEW."price_currency") OR OLD."sequence" IS DISTINCT FROM (NEW."sequence") OR OLD."service_id" IS DISTINCT FROM (NEW."service_id") OR OLD."starts_at" IS DISTINCT FROM (NEW."starts_at") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))',
                            func='INSERT INTO "appointments_groupsessionevent" ("booked_at", "buffer_after_minutes", "buffer_before_minutes", "cancelled_at", "capacity", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "sequence", "service_id", "starts_at", "title", "updated_at") VALUES (NEW."booked_at", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."cancelled_at", NEW."capacity", NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."price_amount", NEW."price_currency", NEW."sequence", NEW."service_id", NEW."starts_at", NEW."title", NEW."updated_at"); RETURN NULL;',
                            hash="ce3b7b499ee7bcec92643637f2d87a7632aba265",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_57a4c",
                            table="appointments_groupsession",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_groupsessionevent" ("booked_at", "buffer_after_minutes", "buffer_before_minutes", "cancelled_at", "capacity", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "sequence", "service_id", "starts_at", "title", "updated_at") VALUES (OLD."booked_at", OLD."buffer_after_minutes", OLD."buffer_before_minutes", OLD."cancelled_at", OLD."capacity", OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."ends_at", OLD."id", OLD."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."price_amount", OLD."price_currency", OLD."sequence", OLD."service_id", OLD."starts_at", OLD."title", OLD."updated_at"); RETURN NULL;',
                            hash="36028a47dd683c2f4d9862528c1820caf35c6b83",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_6cabf",
                            table="appointments_groupsession",
                            when="AFTER",
                        ),
                    ),
                ],
                "groupsessionevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="9290485672fd3257b9b7582b6809fd22858fe685",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_527bd",
                            table="appointments_groupsessionevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appointment",
            trigger=pgtrigger.compiler.Trigger(
                name="apart_from_sessions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"overbook_reason\" = '' AND NEW.\"session_id\" IS NULL AND NEW.\"status\" IN ('booked', 'checked_in', 'fulfilled', 'in_consultation'))",
                    func="\n    PERFORM 1 FROM doctors_doctor WHERE id = NEW.doctor_id FOR NO KEY UPDATE;\n    IF EXISTS (SELECT FROM appointments_groupsession WHERE doctor_id = NEW.doctor_id AND cancelled_at IS NULL AND TSTZRANGE(busy_from, busy_until, '[)') && TSTZRANGE(NEW.busy_from, NEW.busy_until, '[)'))\n    THEN\n        RAISE EXCEPTION 'the doctor is booked then'\n            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointment_doctor_free';\n    END IF;\n    RETURN NULL;\n",
                    hash="90107804a4405f3177cdb4cb3e1e9350b7950ba6",
                    operation='INSERT OR UPDATE OF "doctor_id", "starts_at", "ends_at", "buffer_before_minutes", "buffer_after_minutes", "status", "overbook_reason", "session_id"',
                    pgid="pgtrigger_apart_from_sessions_b1d84",
                    table="appointments_appointment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appointment",
            trigger=pgtrigger.compiler.Trigger(
                name="rooms_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    UPDATE appointments_appointmentresource\n        SET busy_from = NEW.busy_from, busy_until = NEW.busy_until, is_held = NEW.status IN ('booked', 'checked_in', 'in_consultation', 'fulfilled')\n        WHERE appointment_id = NEW.id\n        AND (busy_from, busy_until, is_held) IS DISTINCT FROM\n            (NEW.busy_from, NEW.busy_until, NEW.status IN ('booked', 'checked_in', 'in_consultation', 'fulfilled'));\n    RETURN NULL;\n",
                    hash="d03238b393ae16676cbce86b81b3661163cc91d7",
                    operation='UPDATE OF "starts_at", "ends_at", "buffer_before_minutes", "buffer_after_minutes", "status"',
                    pgid="pgtrigger_rooms_kept_7edec",
                    table="appointments_appointment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appointment",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "appointments_appointmentevent" ("booked_at", "buffer_after_minutes", "buffer_before_minutes", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "local_start", "location_id", "overbook_reason", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "reason", "seat", "sequence", "series_id", "service_id", "session_id", "starts_at", "status", "time_zone", "updated_at") VALUES (NEW."booked_at", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."local_start", NEW."location_id", NEW."overbook_reason", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."price_amount", NEW."price_currency", NEW."reason", NEW."seat", NEW."sequence", NEW."series_id", NEW."service_id", NEW."session_id", NEW."starts_at", NEW."status", NEW."time_zone", NEW."updated_at"); RETURN NULL;',
                    hash="165f9484e8210b30df6aaa1ccee053d6130821fd",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_30113",
                    table="appointments_appointment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appointment",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."booked_at" IS DISTINCT FROM (NEW."booked_at") OR OLD."buffer_after_minutes" IS DISTINCT FROM (NEW."buffer_after_minutes") OR OLD."buffer_before_minutes" IS DISTINCT FROM (NEW."buffer_before_minutes") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."doctor_id" IS DISTINCT FROM (NEW."doctor_id") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."local_start" IS DISTINCT FROM (NEW."local_start") OR OLD."location_id" IS DISTINCT FROM (NEW."location_id") OR OLD."overbook_reason" IS DISTINCT FROM (NEW."overbook_reason") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."price_amount" IS DISTINCT FROM (NEW."price_amount") OR OLD."price_currency" IS DISTINCT FROM (NEW."price_currency") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."seat" IS DISTINCT FROM (NEW."seat") OR OLD."sequence" IS DISTINCT FROM (NEW."sequence") OR OLD."series_id" IS DISTINCT FROM (NEW."series_id") OR OLD."service_id" IS DISTINCT FROM (NEW."service_id") OR OLD."session_id" IS DISTINCT FROM (NEW."session_id") OR OLD."starts_at" IS DISTINCT FROM (NEW."starts_at") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."time_zone" IS DISTINCT FROM (NEW."time_zone") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))',
                    func='INSERT INTO "appointments_appointmentevent" ("booked_at", "buffer_after_minutes", "buffer_before_minutes", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "local_start", "location_id", "overbook_reason", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "reason", "seat", "sequence", "series_id", "service_id", "session_id", "starts_at", "status", "time_zone", "updated_at") VALUES (NEW."booked_at", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."local_start", NEW."location_id", NEW."overbook_reason", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."price_amount", NEW."price_currency", NEW."reason", NEW."seat", NEW."sequence", NEW."series_id", NEW."service_id", NEW."session_id", NEW."starts_at", NEW."status", NEW."time_zone", NEW."updated_at"); RETURN NULL;',
                    hash="706f00543b1aac6fb5ea136d98bef00cc52b9d6a",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_34af4",
                    table="appointments_appointment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="appointment",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "appointments_appointmentevent" ("booked_at", "buffer_after_minutes", "buffer_before_minutes", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "local_start", "location_id", "overbook_reason", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "reason", "seat", "sequence", "series_id", "service_id", "session_id", "starts_at", "status", "time_zone", "updated_at") VALUES (OLD."booked_at", OLD."buffer_after_minutes", OLD."buffer_before_minutes", OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."ends_at", OLD."id", OLD."local_start", OLD."location_id", OLD."overbook_reason", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."price_amount", OLD."price_currency", OLD."reason", OLD."seat", OLD."sequence", OLD."series_id", OLD."service_id", OLD."session_id", OLD."starts_at", OLD."status", OLD."time_zone", OLD."updated_at"); RETURN NULL;',
                    hash="03f9857f79c6a7cb3c67dd1703611c7f825e40d5",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_d64e7",
                    table="appointments_appointment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="slotoffer",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "appointments_slotofferevent" ("appointment_id", "buffer_after_minutes", "buffer_before_minutes", "doctor_id", "ends_at", "entry_id", "expires_at", "id", "location_id", "offered_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "starts_at", "state") VALUES (NEW."appointment_id", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."doctor_id", NEW."ends_at", NEW."entry_id", NEW."expires_at", NEW."id", NEW."location_id", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."service_id", NEW."starts_at", NEW."state"); RETURN NULL;',
                    hash="e29d3bdda2f5c401b7c4c1be50d6004f7ac94704",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_9bc49",
                    table="appointments_slotoffer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="slotoffer",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."appointment_id" IS DISTINCT FROM (NEW."appointment_id") OR OLD."buffer_after_minutes" IS DISTINCT FROM (NEW."buffer_after_minutes") OR OLD."buffer_before_minutes" IS DISTINCT FROM (NEW."buffer_before_minutes") OR OLD."doctor_id" IS DISTINCT FROM (NEW."doctor_id") OR OLD."ends_at" IS DISTINCT FROM (NEW."ends_at") OR OLD."entry_id" IS DISTINCT FROM (NEW."entry_id") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."location_id" IS DISTINCT FROM (NEW."location_id") OR OLD."offered_at" IS DISTINCT FROM (NEW."offered_at") OR OLD."service_id" IS DISTINCT FROM (NEW."service_id") OR OLD."starts_at" IS DISTINCT FROM (NEW."starts_at") OR OLD."state" IS DISTINCT FROM (NEW."state"))',
                    func='INSERT INTO "appointments_slotofferevent" ("appointment_id", "buffer_after_minutes", "buffer_before_minutes", "doctor_id", "ends_at", "entry_id", "expires_at", "id", "location_id", "offered_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "starts_at", "state") VALUES (NEW."appointment_id", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."doctor_id", NEW."ends_at", NEW."entry_id", NEW."expires_at", NEW."id", NEW."location_id", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."service_id", NEW."starts_at", NEW."state"); RETURN NULL;',
                    hash="644ec6beea59bb5437f03b87d46733443d8530ba",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_12903",
                    table="appointments_slotoffer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="slotoffer",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "appointments_slotofferevent" ("appointment_id", "buffer_after_minutes", "buffer_before_minutes", "doctor_id", "ends_at", "entry_id", "expires_at", "id", "location_id", "offered_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "starts_at", "state") VALUES (OLD."appointment_id", OLD."buffer_after_minutes", OLD."buffer_before_minutes", OLD."doctor_id", OLD."ends_at", OLD."entry_id", OLD."expires_at", OLD."id", OLD."location_id", OLD."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."service_id", OLD."starts_at", OLD."state"); RETURN NULL;',
                    hash="ee4b36ca5913695c5fb5cb735b2cafad83ac2b8c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_f599b",
                    table="appointments_slotoffer",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="waitlistentry",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "appointments_waitlistentryevent" ("created_at", "created_by_id", "doctor_id", "duration_minutes", "earliest", "from_date", "id", "latest", "location_id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "specialization", "state", "to_date") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."duration_minutes", NEW."earliest", NEW."from_date", NEW."id", NEW."latest", NEW."location_id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."service_id", NEW."specialization", NEW."state", NEW."to_date"); RETURN NULL;',
                    hash="93d9235f138ce02d04a0122c75e5da03e2d3f67e",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_c3704",
                    table="appointments_waitlistentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="waitlistentry",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."doctor_id" IS DISTINCT FROM (NEW."doctor_id") OR OLD."duration_minutes" IS DISTINCT FROM (NEW."duration_minutes") OR OLD."earliest" IS DISTINCT FROM (NEW."earliest") OR OLD."from_date" IS DISTINCT FROM (NEW."from_date") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."latest" IS DISTINCT FROM (NEW."latest") OR OLD."location_id" IS DISTINCT FROM (NEW."location_id") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."service_id" IS DISTINCT FROM (NEW."service_id") OR OLD."specialization" IS DISTINCT FROM (NEW."specialization") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."to_date" IS DISTINCT FROM (NEW."to_date"))',
                    func='INSERT INTO "appointments_waitlistentryevent" ("created_at", "created_by_id", "doctor_id", "duration_minutes", "earliest", "from_date", "id", "latest", "location_id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "specialization", "state", "to_date") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."duration_minutes", NEW."earliest", NEW."from_date", NEW."id", NEW."latest", NEW."location_id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."service_id", NEW."specialization", NEW."state", NEW."to_date"); RETURN NULL;',
                    hash="03db95dee2c96c05f363c478ba92d7fb86d8c1f3",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_9ab96",
                    table="appointments_waitlistentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="waitlistentry",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "appointments_waitlistentryevent" ("created_at", "created_by_id", "doctor_id", "duration_minutes", "earliest", "from_date", "id", "latest", "location_id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id", "specialization", "state", "to_date") VALUES (OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."duration_minutes", OLD."earliest", OLD."from_date", OLD."id", OLD."latest", OLD."location_id", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."service_id", OLD."specialization", OLD."state", OLD."to_date"); RETURN NULL;',
                    hash="b78b614731f280fa4f4e1e2f7fd311b346cdbe5c",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_8b638",
                    table="appointments_waitlistentry",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RemoveConstraint(
            model_name="waitlistentry", name="waitlist_doctor_or_specialization"
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("doctor__isnull", False), ("specialization", "")),
                    models.Q(
                        ("doctor", None),
                        models.Q(
                            models.Q(("specialization", ""), _negated=True),
                            ("service__isnull", False),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="waitlist_doctor_or_specialization",
                violation_error_message="Name either a doctor or a specialization.",
            ),
        ),
        migrations.RemoveConstraint(model_name="waitlistentry", name="waitlist_once"),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.UniqueConstraint(
                models.F("patient"),
                models.F("doctor"),
                models.Case(
                    models.When(
                        specialization_code="",
                        then=django.db.models.functions.text.Upper("specialization"),
                    ),
                    default=models.F("specialization_code"),
                ),
                models.F("service"),
                condition=models.Q(("state", "waiting")),
                name="waitlist_once",
                nulls_distinct=False,
                violation_error_code="already_waiting",
                violation_error_message="This patient is on that waitlist already.",
            ),
        ),
    ]
