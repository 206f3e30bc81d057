import clinic.text
import datetime
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.fields.json
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import phonenumber_field.modelfields
import uuid_utils.compat
from django.conf import settings
from clinic.migrations._operations import AddTriggers, AllAtOnce
from django.db import migrations, models


class Migration(AllAtOnce):
    initial = True
    # An empty database is made by this one; older ones go through those that it stands for.
    replaces = [
        ("doctors", "0001_initial"),
        ("doctors", "0002_emails_in_one_form"),
        ("doctors", "0003_specialization_codes"),
        ("doctors", "0004_names_in_order"),
        ("doctors", "0005_sort_names"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("clinic", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Doctor",
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
                    "first_name",
                    models.CharField(max_length=50, validators=[clinic.text.PlainText()]),
                ),
                (
                    "last_name",
                    models.CharField(max_length=50, validators=[clinic.text.PlainText()]),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        error_messages={"unique": "Email is already registered"}, max_length=254
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "specialization",
                    models.CharField(max_length=100, validators=[clinic.text.PlainText()]),
                ),
                (
                    "license_number",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Inactive doctors take no appointments.",
                        verbose_name="active",
                    ),
                ),
                (
                    "default_duration_minutes",
                    models.PositiveSmallIntegerField(
                        default=30,
                        help_text="Minutes, 15 to 180.",
                        verbose_name="usual length of a visit",
                    ),
                ),
                (
                    "slot_interval_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Minutes, 5 to 180, from the start of the hours on. Left empty: visits start one after the other.",
                        null=True,
                        verbose_name="a visit may start every",
                    ),
                ),
                (
                    "applied_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When they applied on their own.",
                        null=True,
                    ),
                ),
                (
                    "approved_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When an admin approved the application.",
                        null=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doctor",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
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
                "ordering": [
                    django.db.models.functions.comparison.Collate(
                        models.Func(
                            models.F("last_name"),
                            models.F("first_name"),
                            function="clinic_sort_name",
                            output_field=models.TextField(),
                        ),
                        "C",
                    ),
                    "id",
                ],
                "indexes": [models.Index(fields=["specialization"], name="doctor_specialization")],
                "constraints": [
                    models.UniqueConstraint(fields=("email",), name="doctor_email_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="doctor_email_lower_case",
                        violation_error_message="E-mail addresses are stored in lower case.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("default_duration_minutes__range", (15, 180))),
                        name="doctor_duration_in_bounds",
                        violation_error_message="The usual length must be 15 to 180 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("slot_interval_minutes__range", (5, 180)),
                            ("slot_interval_minutes", None),
                            _connector="OR",
                        ),
                        name="doctor_slot_interval_in_bounds",
                        violation_error_message="Visits may start every 5 to 180 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_active", False),
                            ("applied_at", None),
                            ("approved_at__isnull", False),
                            _connector="OR",
                        ),
                        name="doctor_active_once_approved",
                        violation_error_message="This application must be approved first.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("specialization_code__regex", "^([0-9]{6,18})?$")),
                        name="doctor_specialization_code_shape",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
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
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="absences",
                        to="doctors.doctor",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "id"],
                "abstract": False,
                "indexes": [models.Index(fields=["doctor", "ends_at"], name="absence_by_doctor")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__gt", models.F("starts_at")),
                            models.Func(
                                "starts_at", function="ISFINITE", output_field=models.BooleanField()
                            ),
                            models.Func(
                                "ends_at", function="ISFINITE", output_field=models.BooleanField()
                            ),
                        ),
                        name="absence_in_order",
                        violation_error_message="The end must be after the start.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Closure",
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
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
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
            ],
            options={
                "ordering": ["starts_on", "id"],
                "indexes": [models.Index(fields=["ends_on"], name="closure_by_end")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                        name="closure_in_order",
                        violation_error_message="The last day must not be before the first one.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ClosureEvent",
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
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
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
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="doctors.closure",
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
                        name="closure_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="closure_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AbsenceEvent",
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
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
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
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="doctors.absence",
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
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="absence_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="absence_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DoctorEvent",
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
                    "first_name",
                    models.CharField(max_length=50, validators=[clinic.text.PlainText()]),
                ),
                (
                    "last_name",
                    models.CharField(max_length=50, validators=[clinic.text.PlainText()]),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        error_messages={"unique": "Email is already registered"}, max_length=254
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "specialization",
                    models.CharField(max_length=100, validators=[clinic.text.PlainText()]),
                ),
                (
                    "license_number",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Inactive doctors take no appointments.",
                        verbose_name="active",
                    ),
                ),
                (
                    "default_duration_minutes",
                    models.PositiveSmallIntegerField(
                        default=30,
                        help_text="Minutes, 15 to 180.",
                        verbose_name="usual length of a visit",
                    ),
                ),
                (
                    "slot_interval_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Minutes, 5 to 180, from the start of the hours on. Left empty: visits start one after the other.",
                        null=True,
                        verbose_name="a visit may start every",
                    ),
                ),
                (
                    "applied_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When they applied on their own.",
                        null=True,
                    ),
                ),
                (
                    "approved_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When an admin approved the application.",
                        null=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
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
                        name="doctor_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="doctor_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExtraHours",
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
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extra_hours",
                        to="doctors.doctor",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "extra hours",
                "ordering": ["starts_at", "id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__gt", models.F("starts_at")),
                            models.Func(
                                "starts_at", function="ISFINITE", output_field=models.BooleanField()
                            ),
                            models.Func(
                                "ends_at", function="ISFINITE", output_field=models.BooleanField()
                            ),
                        ),
                        name="extra_hours_in_order",
                        violation_error_message="The end must be after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "ends_at__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("starts_at"),
                                    "+",
                                    models.Value(datetime.timedelta(days=1)),
                                ),
                            )
                        ),
                        name="extra_hours_length",
                        violation_error_message="Extra hours are 24 hours at most.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
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
                        name="extra_hours_apart",
                        violation_error_code="overlapping_hours",
                        violation_error_message="These extra hours overlap with others.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExtraHoursEvent",
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
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
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
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="doctors.extrahours",
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
                        name="extrahours_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="extrahours_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkingHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ]
                    ),
                ),
                (
                    "starts",
                    models.TimeField(help_text="Local time of the clinic.", verbose_name="from"),
                ),
                (
                    "ends",
                    models.TimeField(
                        help_text="Local time of the clinic; 00:00 is midnight.", verbose_name="to"
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(blank=True, help_text="First day; empty: always.", null=True),
                ),
                (
                    "valid_until",
                    models.DateField(blank=True, help_text="Last day; empty: for good.", null=True),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="working_hours",
                        to="doctors.doctor",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "working hours",
                "ordering": ["weekday", "starts", "valid_from", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekday__range", (0, 6))),
                        name="working_hours_weekday",
                        violation_error_message="Weekdays are 0 (Monday) to 6 (Sunday).",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends__gt", models.F("starts")),
                            ("ends", datetime.time(0, 0)),
                            _connector="OR",
                        ),
                        name="working_hours_in_order",
                        violation_error_code="hours_in_order",
                        violation_error_message="The end must be after the start.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__gte", models.F("valid_from")),
                            ("valid_from", None),
                            ("valid_until", None),
                            _connector="OR",
                        ),
                        name="working_hours_validity_in_order",
                        violation_error_message="The last day must not be before the first one.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("doctor", "="),
                            ("weekday", "="),
                            (
                                models.Func(
                                    models.Func(
                                        "starts",
                                        output_field=models.IntegerField(),
                                        template="EXTRACT(EPOCH FROM %(expressions)s)::int",
                                    ),
                                    models.Func(
                                        "ends",
                                        output_field=models.IntegerField(),
                                        template="COALESCE(NULLIF(EXTRACT(EPOCH FROM %(expressions)s)::int, 0), 86400)",
                                    ),
                                    function="INT4RANGE",
                                    output_field=django.contrib.postgres.fields.ranges.IntegerRangeField(),
                                ),
                                "&&",
                            ),
                            (
                                models.Func(
                                    "valid_from",
                                    "valid_until",
                                    django.contrib.postgres.fields.ranges.RangeBoundary(
                                        inclusive_upper=True
                                    ),
                                    function="DATERANGE",
                                    output_field=django.contrib.postgres.fields.ranges.DateRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="working_hours_apart",
                        violation_error_code="overlapping_hours",
                        violation_error_message="These hours overlap with other hours of the same weekday.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkingHoursEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ]
                    ),
                ),
                (
                    "starts",
                    models.TimeField(help_text="Local time of the clinic.", verbose_name="from"),
                ),
                (
                    "ends",
                    models.TimeField(
                        help_text="Local time of the clinic; 00:00 is midnight.", verbose_name="to"
                    ),
                ),
                (
                    "valid_from",
                    models.DateField(blank=True, help_text="First day; empty: always.", null=True),
                ),
                (
                    "valid_until",
                    models.DateField(blank=True, help_text="Last day; empty: for good.", null=True),
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
                        to="doctors.workinghours",
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
                        name="workinghours_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="workinghours_event_by_time"),
                ],
            },
        ),
        AddTriggers(
            triggers={
                "absence": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_absenceevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."starts_at"); RETURN NULL;',
                            hash="edf71ff693eb72f9bb80805007b9c048ccd3a31e",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_84577",
                            table="doctors_absence",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_absenceevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."starts_at"); RETURN NULL;',
                            hash="070b214e5c63beb4d6bf3108cf31b2877d148169",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_760d9",
                            table="doctors_absence",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_absenceevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."ends_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."starts_at"); RETURN NULL;',
                            hash="8a9ed6f30804bc678dc6db203a47c1df19a8d86b",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_85144",
                            table="doctors_absence",
                            when="AFTER",
                        ),
                    ),
                ],
                "absenceevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="103f045d6ae11d4485ac76d6575bc619807159cf",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_bc014",
                            table="doctors_absenceevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "closure": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_closureevent" ("created_at", "created_by_id", "ends_on", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_on") VALUES (NEW."created_at", NEW."created_by_id", NEW."ends_on", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."starts_on"); RETURN NULL;',
                            hash="e6eb8958ea60f05c10812694f57b6f84137b8e42",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_aafa0",
                            table="doctors_closure",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_closureevent" ("created_at", "created_by_id", "ends_on", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_on") VALUES (NEW."created_at", NEW."created_by_id", NEW."ends_on", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."starts_on"); RETURN NULL;',
                            hash="f89d883328a863b54c9acefa5a0cadd6d4834f42",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_d0ca7",
                            table="doctors_closure",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_closureevent" ("created_at", "created_by_id", "ends_on", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_on") VALUES (OLD."created_at", OLD."created_by_id", OLD."ends_on", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."starts_on"); RETURN NULL;',
                            hash="04b476762134e557a650a3569e31b6ec8a872586",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_aa0a4",
                            table="doctors_closure",
                            when="AFTER",
                        ),
                    ),
                ],
                "closureevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0708203e1ab5595d0ba3dfee4397196905d1ab51",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_6816b",
                            table="doctors_closureevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "doctor": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_doctorevent" ("applied_at", "approved_at", "created_at", "default_duration_minutes", "email", "first_name", "id", "is_active", "last_name", "license_number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "slot_interval_minutes", "specialization", "updated_at", "user_id") VALUES (NEW."applied_at", NEW."approved_at", NEW."created_at", NEW."default_duration_minutes", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."last_name", NEW."license_number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone", NEW."slot_interval_minutes", NEW."specialization", NEW."updated_at", NEW."user_id"); RETURN NULL;',
                            hash="978e96064e2ed03e65a29a90b2461c031887fd3c",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_5d51e",
                            table="doctors_doctor",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_doctorevent" ("applied_at", "approved_at", "created_at", "default_duration_minutes", "email", "first_name", "id", "is_active", "last_name", "license_number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "slot_interval_minutes", "specialization", "updated_at", "user_id") VALUES (OLD."applied_at", OLD."approved_at", OLD."created_at", OLD."default_duration_minutes", OLD."email", OLD."first_name", OLD."id", OLD."is_active", OLD."last_name", OLD."license_number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone", OLD."slot_interval_minutes", OLD."specialization", OLD."updated_at", OLD."user_id"); RETURN NULL;',
                            hash="877b9d3eb7f4ced049ab70c16108e493273ea647",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_afc09",
                            table="doctors_doctor",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."applied_at" IS DISTINCT FROM (NEW."applied_at") OR OLD."approved_at" IS DISTINCT FROM (NEW."approved_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."default_duration_minutes" IS DISTINCT FROM (NEW."default_duration_minutes") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."license_number" IS DISTINCT FROM (NEW."license_number") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."slot_interval_minutes" IS DISTINCT FROM (NEW."slot_interval_minutes") OR OLD."specialization" IS DISTINCT FROM (NEW."specialization") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                            func='INSERT INTO "doctors_doctorevent" ("applied_at", "approved_at", "created_at", "default_duration_minutes", "email", "first_name", "id", "is_active", "last_name", "license_number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "slot_interval_minutes", "specialization", "updated_at", "user_id") VALUES (NEW."applied_at", NEW."approved_at", NEW."created_at", NEW."default_duration_minutes", NEW."email", NEW."first_name", NEW."id", NEW."is_active", NEW."last_name", NEW."license_number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."slot_interval_minutes", NEW."specialization", NEW."updated_at", NEW."user_id"); RETURN NULL;',
                            hash="a9216fc5d547b6bad2df747acc25f3f4838fd66b",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_3aefa",
                            table="doctors_doctor",
                            when="AFTER",
                        ),
                    ),
                ],
                "doctorevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="150c629fc8e4c955e36a2a394c070e1c1fb161ab",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_3d411",
                            table="doctors_doctorevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "extrahours": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_extrahoursevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."starts_at"); RETURN NULL;',
                            hash="f1d5b7d9cb08166376830ce59141b1d678cceddc",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_fa81d",
                            table="doctors_extrahours",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_extrahoursevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."starts_at"); RETURN NULL;',
                            hash="67573ab5b1b8205d50ef35f674fa32f01b88b752",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_75d97",
                            table="doctors_extrahours",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_extrahoursevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."ends_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."starts_at"); RETURN NULL;',
                            hash="c0a131743fd1363e3f4408bdf39f3934523c8eff",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_96683",
                            table="doctors_extrahours",
                            when="AFTER",
                        ),
                    ),
                ],
                "extrahoursevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="4f9a038338bfb93e3bedb11d7fdf72c422c9b8eb",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_eeedc",
                            table="doctors_extrahoursevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "workinghours": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_workinghoursevent" ("doctor_id", "ends", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts", "valid_from", "valid_until", "weekday") VALUES (NEW."doctor_id", NEW."ends", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."starts", NEW."valid_from", NEW."valid_until", NEW."weekday"); RETURN NULL;',
                            hash="59ff2b426a087db0c093c622e9531f876f319243",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_7297b",
                            table="doctors_workinghours",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_workinghoursevent" ("doctor_id", "ends", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts", "valid_from", "valid_until", "weekday") VALUES (NEW."doctor_id", NEW."ends", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."starts", NEW."valid_from", NEW."valid_until", NEW."weekday"); RETURN NULL;',
                            hash="96b5536f2b1b7e55fd4451c81928b0523af7d672",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_a72cc",
                            table="doctors_workinghours",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_workinghoursevent" ("doctor_id", "ends", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts", "valid_from", "valid_until", "weekday") VALUES (OLD."doctor_id", OLD."ends", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."starts", OLD."valid_from", OLD."valid_until", OLD."weekday"); RETURN NULL;',
                            hash="30f6809a73cbf503b2447a750f9c812d4b21878b",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_bab27",
                            table="doctors_workinghours",
                            when="AFTER",
                        ),
                    ),
                ],
                "workinghoursevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ab4b1189b7064648b0365a2c7bacf98ff719fb94",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_5864e",
                            table="doctors_workinghoursevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ]
