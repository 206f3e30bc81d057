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
import uuid_utils.compat
from django.conf import settings
from clinic.migrations._operations import AddTriggers, AllAtOnce
from django.db import migrations, models


class Migration(AllAtOnce):
    initial = True
    # An empty database is made by this one; older ones go through those that it stands for.
    replaces = [
        ("appointments", "0001_initial"),
        ("appointments", "0002_specialization_codes"),
        ("appointments", "0003_notes_on_visits"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("doctors", "0001_initial"),
        ("patients", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Appointment",
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
                ("starts_at", models.DateTimeField(verbose_name="start")),
                ("ends_at", models.DateTimeField(verbose_name="end")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("booked", "Booked"),
                            ("checked_in", "Checked in"),
                            ("in_consultation", "In consultation"),
                            ("fulfilled", "Fulfilled"),
                            ("cancelled", "Cancelled"),
                            ("noshow", "No-show"),
                            ("entered_in_error", "Entered in error"),
                        ],
                        default="booked",
                        editable=False,
                        max_length=16,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                        verbose_name="reason for the visit",
                    ),
                ),
                (
                    "overbook_reason",
                    models.CharField(
                        blank=True,
                        help_text="Why this visit may share its time with another one. Empty: it may not.",
                        max_length=200,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "booked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="When this time was booked or moved to.",
                    ),
                ),
                (
                    "local_start",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The start on the clinic's clocks when it was booked, e.g. 2026-03-29T09:00.",
                        max_length=16,
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The clinic's zone then.",
                        max_length=64,
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "id"],
                "indexes": [
                    models.Index(fields=["starts_at", "id"], name="appointment_by_start"),
                    models.Index(fields=["doctor", "starts_at"], name="appointment_by_doctor"),
                    models.Index(fields=["patient", "starts_at"], name="appointment_by_patient"),
                ],
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
                            models.Func(
                                "ends_at", function="ISFINITE", output_field=models.BooleanField()
                            ),
                        ),
                        name="appointment_length",
                        violation_error_code="too_short_or_long",
                        violation_error_message="An appointment lasts 15 to 180 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts_at__gt", models.F("booked_at"))),
                        name="appointment_in_future",
                        violation_error_code="not_in_future",
                        violation_error_message="An appointment must start in the future.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "booked",
                                    "checked_in",
                                    "in_consultation",
                                    "fulfilled",
                                    "cancelled",
                                    "noshow",
                                    "entered_in_error",
                                ],
                            )
                        ),
                        name="appointment_status_known",
                        violation_error_message="This status is not known.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            ("overbook_reason", ""),
                            (
                                "status__in",
                                ("booked", "checked_in", "in_consultation", "fulfilled"),
                            ),
                        ),
                        expressions=[
                            ("doctor", "="),
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
                        name="appointment_doctor_free",
                        violation_error_code="doctor_double_booked",
                        violation_error_message="This doctor is already booked then.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(
                            ("overbook_reason", ""),
                            (
                                "status__in",
                                ("booked", "checked_in", "in_consultation", "fulfilled"),
                            ),
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
                ],
            },
        ),
        migrations.CreateModel(
            name="AppointmentChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "from_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("booked", "Booked"),
                            ("checked_in", "Checked in"),
                            ("in_consultation", "In consultation"),
                            ("fulfilled", "Fulfilled"),
                            ("cancelled", "Cancelled"),
                            ("noshow", "No-show"),
                            ("entered_in_error", "Entered in error"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("booked", "Booked"),
                            ("checked_in", "Checked in"),
                            ("in_consultation", "In consultation"),
                            ("fulfilled", "Fulfilled"),
                            ("cancelled", "Cancelled"),
                            ("noshow", "No-show"),
                            ("entered_in_error", "Entered in error"),
                        ],
                        max_length=16,
                    ),
                ),
                ("from_starts_at", models.DateTimeField(blank=True, null=True)),
                ("from_ends_at", models.DateTimeField(blank=True, null=True)),
                ("to_starts_at", models.DateTimeField()),
                ("to_ends_at", models.DateTimeField()),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                    ),
                ),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pat", "Patient"),
                            ("pat-fb", "Patient: feels better"),
                            ("pat-lt", "Patient: no transport"),
                            ("pat-mv", "Patient: moved away"),
                            ("pat-dec", "Patient: deceased"),
                            ("prov", "Clinic"),
                            ("prov-pers", "Clinic: the doctor is not available"),
                            ("oth-weath", "Weather"),
                            ("other", "Other"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="history",
                        to="appointments.appointment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "from_doctor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "to_doctor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="doctors.doctor",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="AppointmentEvent",
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
                ("starts_at", models.DateTimeField(verbose_name="start")),
                ("ends_at", models.DateTimeField(verbose_name="end")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("booked", "Booked"),
                            ("checked_in", "Checked in"),
                            ("in_consultation", "In consultation"),
                            ("fulfilled", "Fulfilled"),
                            ("cancelled", "Cancelled"),
                            ("noshow", "No-show"),
                            ("entered_in_error", "Entered in error"),
                        ],
                        default="booked",
                        editable=False,
                        max_length=16,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                        verbose_name="reason for the visit",
                    ),
                ),
                (
                    "overbook_reason",
                    models.CharField(
                        blank=True,
                        help_text="Why this visit may share its time with another one. Empty: it may not.",
                        max_length=200,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "booked_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="When this time was booked or moved to.",
                    ),
                ),
                (
                    "local_start",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The start on the clinic's clocks when it was booked, e.g. 2026-03-29T09:00.",
                        max_length=16,
                    ),
                ),
                (
                    "time_zone",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The clinic's zone then.",
                        max_length=64,
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
                        to="appointments.appointment",
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
                        name="appointment_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="appointment_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token_digest",
                    models.BinaryField(help_text="SHA-256.", max_length=32, unique=True),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "doctor",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_feed",
                        to="doctors.doctor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WaitlistEntry",
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
                    "specialization",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "from_date",
                    models.DateField(
                        help_text="The first day that would fit.", verbose_name="from"
                    ),
                ),
                (
                    "to_date",
                    models.DateField(
                        help_text="The last day that would fit.", verbose_name="until"
                    ),
                ),
                (
                    "earliest",
                    models.TimeField(
                        blank=True,
                        help_text="Local time; empty: any time of the day.",
                        null=True,
                        verbose_name="not before",
                    ),
                ),
                (
                    "latest",
                    models.TimeField(
                        blank=True,
                        help_text="Local time; empty: any time of the day.",
                        null=True,
                        verbose_name="starting by",
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Minutes, 15 to 180; empty: the doctor's usual.",
                        null=True,
                        verbose_name="length",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("booked", "Booked"),
                            ("left", "Left"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        editable=False,
                        max_length=10,
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waitlist",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waitlist",
                        to="patients.patient",
                    ),
                ),
                (
                    "specialization_code",
                    models.CharField(
                        db_default="",
                        default="",
                        blank=True,
                        editable=False,
                        max_length=18,
                        verbose_name="code of the specialization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "waitlist",
                "ordering": ["created_at", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["created_at", "id"],
                        name="waitlist_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("doctor__isnull", False), ("specialization", "")),
                            models.Q(
                                ("doctor", None), models.Q(("specialization", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="waitlist_doctor_or_specialization",
                        violation_error_message="Name either a doctor or a specialization.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("to_date__gte", models.F("from_date"))),
                        name="waitlist_days_in_order",
                        violation_error_message="The last day must not be before the first one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("latest__gte", models.F("earliest")),
                            ("earliest", None),
                            ("latest", None),
                            _connector="OR",
                        ),
                        name="waitlist_times_in_order",
                        violation_error_message="The latest time must not be before the earliest one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("duration_minutes__range", (15, 180))),
                        name="waitlist_length",
                        violation_error_message="An appointment lasts 15 to 180 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("waiting", "booked", "left", "expired"))),
                        name="waitlist_state_known",
                        violation_error_message="This state is not known.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("specialization_code__regex", "^([0-9]{6,18})?$")),
                        name="waitlist_specialization_code_shape",
                    ),
                    models.UniqueConstraint(
                        models.F("patient"),
                        models.F("doctor"),
                        models.Case(
                            models.When(
                                specialization_code="",
                                then=django.db.models.functions.text.Upper("specialization"),
                            ),
                            default=models.F("specialization_code"),
                        ),
                        condition=models.Q(("state", "waiting")),
                        name="waitlist_once",
                        nulls_distinct=False,
                        violation_error_code="already_waiting",
                        violation_error_message="This patient is on that waitlist already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SlotOffer",
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
                ("starts_at", models.DateTimeField(verbose_name="start")),
                ("ends_at", models.DateTimeField(verbose_name="end")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("expired", "Expired"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("offered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                (
                    "appointment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slot_offer",
                        to="appointments.appointment",
                    ),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slot_offers",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="appointments.waitlistentry",
                    ),
                ),
            ],
            options={
                "ordering": ["-offered_at", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["expires_at"],
                        name="slot_offer_open",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("appointment__isnull", False), ("state", "accepted")),
                            models.Q(
                                models.Q(("state", "accepted"), _negated=True),
                                ("appointment", None),
                            ),
                            _connector="OR",
                        ),
                        name="slot_offer_accepted_has_visit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("open", "accepted", "declined", "expired", "withdrawn"))
                        ),
                        name="slot_offer_state_known",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("entry",),
                        name="slot_offer_one_open",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("state", "open")),
                        expressions=[
                            ("doctor", "="),
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
                        name="slot_offer_held_once",
                        violation_error_message="This time is offered to somebody else.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SlotOfferEvent",
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
                ("starts_at", models.DateTimeField(verbose_name="start")),
                ("ends_at", models.DateTimeField(verbose_name="end")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("expired", "Expired"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("offered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="appointments.appointment",
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
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="appointments.slotoffer",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="appointments.waitlistentry",
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
                        name="slotoffer_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="slotoffer_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitlistEntryEvent",
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
                    "specialization",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "from_date",
                    models.DateField(
                        help_text="The first day that would fit.", verbose_name="from"
                    ),
                ),
                (
                    "to_date",
                    models.DateField(
                        help_text="The last day that would fit.", verbose_name="until"
                    ),
                ),
                (
                    "earliest",
                    models.TimeField(
                        blank=True,
                        help_text="Local time; empty: any time of the day.",
                        null=True,
                        verbose_name="not before",
                    ),
                ),
                (
                    "latest",
                    models.TimeField(
                        blank=True,
                        help_text="Local time; empty: any time of the day.",
                        null=True,
                        verbose_name="starting by",
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Minutes, 15 to 180; empty: the doctor's usual.",
                        null=True,
                        verbose_name="length",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("booked", "Booked"),
                            ("left", "Left"),
                            ("expired", "Expired"),
                        ],
                        default="waiting",
                        editable=False,
                        max_length=10,
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
                        blank=True,
                        db_constraint=False,
                        null=True,
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
                        to="appointments.waitlistentry",
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
                        name="waitlistentry_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="waitlistentry_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="VisitNote",
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
                    "text",
                    models.CharField(
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                        verbose_name="note",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="appointments.appointment",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="visit_note_not_empty",
                        violation_error_message="What is to be noted?",
                    )
                ],
            },
        ),
        AddTriggers(
            triggers={
                "appointment": [
                    pgtrigger.compiler.Trigger(
                        name="never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="d37ba349c52a743aa596ad717bf2b328dc8fae24",
                            operation="DELETE",
                            pgid="pgtrigger_never_deleted_36181",
                            table="appointments_appointment",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_appointmentevent" ("booked_at", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "local_start", "overbook_reason", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "sequence", "starts_at", "status", "time_zone", "updated_at") VALUES (NEW."booked_at", NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."local_start", NEW."overbook_reason", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."sequence", NEW."starts_at", NEW."status", NEW."time_zone", NEW."updated_at"); RETURN NULL;',
                            hash="f1d94a1abcf8434c67dfc65c77c2585507c6d114",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_30113",
                            table="appointments_appointment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "appointments_appointmentevent" ("booked_at", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "local_start", "overbook_reason", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "sequence", "starts_at", "status", "time_zone", "updated_at") VALUES (NEW."booked_at", NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."local_start", NEW."overbook_reason", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."sequence", NEW."starts_at", NEW."status", NEW."time_zone", NEW."updated_at"); RETURN NULL;',
                            hash="43beee816ec81c44e084289eb122a16ac3f2acb4",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_34af4",
                            table="appointments_appointment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_appointmentevent" ("booked_at", "created_at", "created_by_id", "doctor_id", "ends_at", "id", "local_start", "overbook_reason", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "sequence", "starts_at", "status", "time_zone", "updated_at") VALUES (OLD."booked_at", OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."ends_at", OLD."id", OLD."local_start", OLD."overbook_reason", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."sequence", OLD."starts_at", OLD."status", OLD."time_zone", OLD."updated_at"); RETURN NULL;',
                            hash="a78f8ffba2694da29a930c4e57c48867a85fda39",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_d64e7",
                            table="appointments_appointment",
                            when="AFTER",
                        ),
                    ),
                ],
                "appointmentchange": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0ea746781d45dbb9cf51ca317e490a051a7a8774",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_d89cc",
                            table="appointments_appointmentchange",
                            when="BEFORE",
                        ),
                    )
                ],
                "appointmentevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="c2d9d05acde915e4c49625d1939f6720a656da54",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_34c57",
                            table="appointments_appointmentevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "slotoffer": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_slotofferevent" ("appointment_id", "doctor_id", "ends_at", "entry_id", "expires_at", "id", "offered_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at", "state") VALUES (NEW."appointment_id", NEW."doctor_id", NEW."ends_at", NEW."entry_id", NEW."expires_at", NEW."id", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."starts_at", NEW."state"); RETURN NULL;',
                            hash="567ce0fe669e556bd5bc1963c1f25e3c8e4e8ca6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_9bc49",
                            table="appointments_slotoffer",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "appointments_slotofferevent" ("appointment_id", "doctor_id", "ends_at", "entry_id", "expires_at", "id", "offered_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at", "state") VALUES (NEW."appointment_id", NEW."doctor_id", NEW."ends_at", NEW."entry_id", NEW."expires_at", NEW."id", NEW."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."starts_at", NEW."state"); RETURN NULL;',
                            hash="2bafbc2d85aa131a91aa1439c2e20ab9ab502351",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_12903",
                            table="appointments_slotoffer",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_slotofferevent" ("appointment_id", "doctor_id", "ends_at", "entry_id", "expires_at", "id", "offered_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts_at", "state") VALUES (OLD."appointment_id", OLD."doctor_id", OLD."ends_at", OLD."entry_id", OLD."expires_at", OLD."id", OLD."offered_at", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."starts_at", OLD."state"); RETURN NULL;',
                            hash="3e9e4100a9891c4a63cab5b6b4dac499d680a5d1",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_f599b",
                            table="appointments_slotoffer",
                            when="AFTER",
                        ),
                    ),
                ],
                "slotofferevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a059a13a9aaf8802e9398d83d65528815e8b8f51",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_8eafc",
                            table="appointments_slotofferevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "visitnote": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0a98ba85b24b98131be182aa766fc86b6627a05d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_7fa91",
                            table="appointments_visitnote",
                            when="BEFORE",
                        ),
                    )
                ],
                "waitlistentry": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_waitlistentryevent" ("created_at", "created_by_id", "doctor_id", "duration_minutes", "earliest", "from_date", "id", "latest", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "specialization", "state", "to_date") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."duration_minutes", NEW."earliest", NEW."from_date", NEW."id", NEW."latest", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."specialization", NEW."state", NEW."to_date"); RETURN NULL;',
                            hash="3c6b81928327a05bbab569b8280dbee0bc19af1d",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_c3704",
                            table="appointments_waitlistentry",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "appointments_waitlistentryevent" ("created_at", "created_by_id", "doctor_id", "duration_minutes", "earliest", "from_date", "id", "latest", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "specialization", "state", "to_date") VALUES (OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."duration_minutes", OLD."earliest", OLD."from_date", OLD."id", OLD."latest", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."specialization", OLD."state", OLD."to_date"); RETURN NULL;',
                            hash="107d2cf887a9a71031109939ae8cdbc2363fb5ab",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_8b638",
                            table="appointments_waitlistentry",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."doctor_id" IS DISTINCT FROM (NEW."doctor_id") OR OLD."duration_minutes" IS DISTINCT FROM (NEW."duration_minutes") OR OLD."earliest" IS DISTINCT FROM (NEW."earliest") OR OLD."from_date" IS DISTINCT FROM (NEW."from_date") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."latest" IS DISTINCT FROM (NEW."latest") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."specialization" IS DISTINCT FROM (NEW."specialization") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."to_date" IS DISTINCT FROM (NEW."to_date"))',
                            func='INSERT INTO "appointments_waitlistentryevent" ("created_at", "created_by_id", "doctor_id", "duration_minutes", "earliest", "from_date", "id", "latest", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "specialization", "state", "to_date") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."duration_minutes", NEW."earliest", NEW."from_date", NEW."id", NEW."latest", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."specialization", NEW."state", NEW."to_date"); RETURN NULL;',
                            hash="7eaf49756c7358a30fdb0c8bc4a3887060066f7a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_9ab96",
                            table="appointments_waitlistentry",
                            when="AFTER",
                        ),
                    ),
                ],
                "waitlistentryevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="798e6dd5cd2dfa83ae6ddd2b8777ba97838394b3",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_21c5d",
                            table="appointments_waitlistentryevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ]
