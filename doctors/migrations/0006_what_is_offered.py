from clinic.migrations._operations import AddTriggers, AllAtOnce
import clinic.text
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.fields.json
import django.db.models.functions.text
import django.utils.timezone
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
import phonenumber_field.modelfields
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(AllAtOnce):
    dependencies = [
        ("accounts", "__first__"),
        ("doctors", "0001_squashed_0005_sort_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="Location",
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
                ("name", models.CharField(max_length=100, validators=[clinic.text.PlainText()])),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        help_text="As patients read it, e.g. 12 Mill Lane, 10115 Berlin, second floor.",
                        max_length=300,
                        validators=[clinic.text.PlainText(multiline=True)],
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "latitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Degrees, e.g. 52.520008: calendars show the place on a map.",
                        max_digits=9,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                    ),
                ),
                (
                    "longitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=9,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name": "place",
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="location_name_unique",
                        violation_error_code="location_named",
                        violation_error_message="There is a place of this name already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude", None), ("longitude", None)),
                            models.Q(
                                ("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))
                            ),
                            _connector="OR",
                        ),
                        name="location_geo_whole",
                        violation_error_code="geo_whole",
                        violation_error_message="Name both latitude and longitude, or none.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HealthcareService",
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
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[clinic.text.PlainText()])),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        help_text="The clinic's own short code, e.g. US-1.",
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="What it is, and what to bring.",
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                        verbose_name="words for patients",
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        help_text="Minutes, 15 to 180.", verbose_name="length"
                    ),
                ),
                (
                    "buffer_before_minutes",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Minutes, 0 to 60: to prepare.",
                        verbose_name="kept free before",
                    ),
                ),
                (
                    "buffer_after_minutes",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Minutes, 0 to 60: to clean up.",
                        verbose_name="kept free after",
                    ),
                ),
                (
                    "is_online",
                    models.BooleanField(
                        default=True,
                        help_text="Else the front desk alone does.",
                        verbose_name="patients book it themselves",
                    ),
                ),
                (
                    "for_new_patients",
                    models.CharField(
                        choices=[
                            ("any", "Anybody"),
                            ("only", "New patients only"),
                            ("never", "Known patients only"),
                        ],
                        default="any",
                        max_length=5,
                        verbose_name="for",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="offered")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "doctors",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Nobody named: every doctor.",
                        related_name="services",
                        through="doctors.ServiceDoctor",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "locations",
                    models.ManyToManyField(
                        blank=True,
                        help_text="None named: everywhere.",
                        related_name="services",
                        through="doctors.ServiceLocation",
                        to="doctors.location",
                    ),
                ),
            ],
            options={
                "verbose_name": "visit type",
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="service_name_unique",
                        violation_error_code="service_named",
                        violation_error_message="There is a visit type of this name already.",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("code"),
                        condition=models.Q(("code", ""), _negated=True),
                        name="service_code_unique",
                        violation_error_code="service_coded",
                        violation_error_message="Another visit type has this code.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("duration_minutes__range", (15, 180))),
                        name="service_length",
                        violation_error_code="too_short_or_long",
                        violation_error_message="A visit lasts 15 to 180 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("buffer_before_minutes__range", (0, 60))),
                        name="service_buffer_before",
                        violation_error_code="buffer_before",
                        violation_error_message="A buffer is 0 to 60 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("buffer_after_minutes__range", (0, 60))),
                        name="service_buffer_after",
                        violation_error_code="buffer_after",
                        violation_error_message="A buffer is 0 to 60 minutes.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "duration_minutes__lte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.Value(180), "-", models.F("buffer_before_minutes")
                                    ),
                                    "-",
                                    models.F("buffer_after_minutes"),
                                ),
                            )
                        ),
                        name="service_held",
                        violation_error_code="held_too_long",
                        violation_error_message="A visit with its buffers holds 180 minutes at most.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("for_new_patients__in", ("any", "only", "never"))),
                        name="service_for_known",
                        violation_error_message="This is not known.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("price_amount", None), ("price_currency", "")),
                            models.Q(
                                ("price_amount__gte", 0), ("price_currency__regex", "^[A-Z]{3}$")
                            ),
                            _connector="OR",
                        ),
                        name="service_price_whole",
                        violation_error_message="A price has an amount and a currency.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HealthcareServiceEvent",
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
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, validators=[clinic.text.PlainText()])),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        help_text="The clinic's own short code, e.g. US-1.",
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "description",
                    models.CharField(
                        blank=True,
                        help_text="What it is, and what to bring.",
                        max_length=500,
                        validators=[clinic.text.PlainText(multiline=True)],
                        verbose_name="words for patients",
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        help_text="Minutes, 15 to 180.", verbose_name="length"
                    ),
                ),
                (
                    "buffer_before_minutes",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Minutes, 0 to 60: to prepare.",
                        verbose_name="kept free before",
                    ),
                ),
                (
                    "buffer_after_minutes",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Minutes, 0 to 60: to clean up.",
                        verbose_name="kept free after",
                    ),
                ),
                (
                    "is_online",
                    models.BooleanField(
                        default=True,
                        help_text="Else the front desk alone does.",
                        verbose_name="patients book it themselves",
                    ),
                ),
                (
                    "for_new_patients",
                    models.CharField(
                        choices=[
                            ("any", "Anybody"),
                            ("only", "New patients only"),
                            ("never", "Known patients only"),
                        ],
                        default="any",
                        max_length=5,
                        verbose_name="for",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="offered")),
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
                        to="doctors.healthcareservice",
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
                        name="healthcareservic_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="healthcareservic_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HoursService",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "hours",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours_services",
                        to="doctors.workinghours",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours_services",
                        to="doctors.healthcareservice",
                    ),
                ),
            ],
            options={
                "ordering": ["hours", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("hours", "service"), name="hours_service_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="HoursServiceEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "hours",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.workinghours",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="doctors.hoursservice",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.healthcareservice",
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
                        name="hoursservice_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="hoursservice_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LocationEvent",
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
                ("name", models.CharField(max_length=100, validators=[clinic.text.PlainText()])),
                (
                    "address",
                    models.CharField(
                        blank=True,
                        help_text="As patients read it, e.g. 12 Mill Lane, 10115 Berlin, second floor.",
                        max_length=300,
                        validators=[clinic.text.PlainText(multiline=True)],
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "latitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Degrees, e.g. 52.520008: calendars show the place on a map.",
                        max_digits=9,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                    ),
                ),
                (
                    "longitude",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        max_digits=9,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
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
                        to="doctors.location",
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
                        name="location_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="location_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Resource",
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
                ("name", models.CharField(max_length=100, validators=[clinic.text.PlainText()])),
                (
                    "kind",
                    models.CharField(
                        choices=[("room", "Room"), ("equipment", "Equipment")],
                        default="room",
                        max_length=9,
                    ),
                ),
                (
                    "pool",
                    models.CharField(
                        help_text="What it is one of, e.g. Ultrasound: a visit gets the first that is free.",
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: it can be had at every place.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to="doctors.location",
                        verbose_name="place",
                    ),
                ),
            ],
            options={
                "verbose_name": "room or equipment",
                "verbose_name_plural": "rooms and equipment",
                "ordering": ["pool", "name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        models.F("location"),
                        name="resource_name_unique",
                        nulls_distinct=False,
                        violation_error_code="resource_named",
                        violation_error_message="This name is taken at this place.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("room", "equipment"))),
                        name="resource_kind_known",
                        violation_error_message="This kind is not known.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pool", ""), _negated=True),
                        name="resource_pool_named",
                        violation_error_message="What is it one of?",
                    ),
                ],
                "indexes": [models.Index(fields=["pool", "id"], name="resource_by_pool")],
            },
        ),
        migrations.CreateModel(
            name="ResourceEvent",
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
                ("name", models.CharField(max_length=100, validators=[clinic.text.PlainText()])),
                (
                    "kind",
                    models.CharField(
                        choices=[("room", "Room"), ("equipment", "Equipment")],
                        default="room",
                        max_length=9,
                    ),
                ),
                (
                    "pool",
                    models.CharField(
                        help_text="What it is one of, e.g. Ultrasound: a visit gets the first that is free.",
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty: it can be had at every place.",
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
                        to="doctors.resource",
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
                        name="resource_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="resource_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ResourceOutage",
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
                    "resource",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outages",
                        to="doctors.resource",
                    ),
                ),
            ],
            options={
                "verbose_name": "time out of service",
                "verbose_name_plural": "times out of service",
                "ordering": ["starts_at", "id"],
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
                        name="resource_outage_in_order",
                        violation_error_message="The end must be after the start.",
                    )
                ],
                "indexes": [
                    models.Index(fields=["resource", "ends_at"], name="resource_outage_by_resource")
                ],
            },
        ),
        migrations.CreateModel(
            name="ResourceOutageEvent",
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
                        to="doctors.resourceoutage",
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
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="resourceoutage_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="resourceoutage_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceDoctor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Minutes, 15 to 180; empty: as usual.",
                        null=True,
                        verbose_name="length",
                    ),
                ),
                (
                    "doctor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_doctors",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_doctors",
                        to="doctors.healthcareservice",
                    ),
                ),
            ],
            options={
                "ordering": ["service", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("service", "doctor"),
                        name="service_doctor_once",
                        violation_error_message="This doctor is named already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("duration_minutes", None),
                            ("duration_minutes__range", (15, 180)),
                            _connector="OR",
                        ),
                        name="service_doctor_length",
                        violation_error_message="A visit lasts 15 to 180 minutes.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceDoctorEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Minutes, 15 to 180; empty: as usual.",
                        null=True,
                        verbose_name="length",
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
                        to="doctors.servicedoctor",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.healthcareservice",
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
                        name="servicedoctor_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="servicedoctor_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceLocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_locations",
                        to="doctors.location",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_locations",
                        to="doctors.healthcareservice",
                    ),
                ),
            ],
            options={
                "ordering": ["service", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("service", "location"), name="service_location_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceLocationEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "location",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.location",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="doctors.servicelocation",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.healthcareservice",
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
                        name="servicelocation_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="servicelocation_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceNeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pool", models.CharField(max_length=50, validators=[clinic.text.PlainText()])),
                ("count", models.PositiveSmallIntegerField(default=1, help_text="1 to 5.")),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="needs",
                        to="doctors.healthcareservice",
                    ),
                ),
            ],
            options={
                "ordering": ["service", "pool", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("service", "pool"),
                        name="service_need_once",
                        violation_error_message="This pool is named already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count__range", (1, 5))),
                        name="service_need_count",
                        violation_error_message="A visit needs 1 to 5 of a pool.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pool", ""), _negated=True),
                        name="service_need_pool_named",
                        violation_error_message="Which pool is needed?",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceNeedEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                ("pool", models.CharField(max_length=50, validators=[clinic.text.PlainText()])),
                ("count", models.PositiveSmallIntegerField(default=1, help_text="1 to 5.")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="doctors.serviceneed",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="doctors.healthcareservice",
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
                        name="serviceneed_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="serviceneed_event_by_time"),
                ],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="extrahours",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="extrahours",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="extrahours",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="workinghours",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="workinghours",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="workinghours",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="workinghours",
            name="services",
            field=models.ManyToManyField(
                blank=True,
                help_text="None named: whatever the doctor offers.",
                related_name="working_hours",
                through="doctors.HoursService",
                to="doctors.healthcareservice",
                verbose_name="visit types",
            ),
        ),
        migrations.AddField(
            model_name="extrahours",
            name="location",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: any place.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="extra_hours",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="extrahoursevent",
            name="location",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Empty: any place.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="workinghours",
            name="location",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: any place.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="working_hours",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        migrations.AddField(
            model_name="workinghoursevent",
            name="location",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Empty: any place.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="doctors.location",
                verbose_name="place",
            ),
        ),
        AddTriggers(
            triggers={
                "healthcareservice": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_healthcareserviceevent" ("buffer_after_minutes", "buffer_before_minutes", "code", "created_at", "description", "duration_minutes", "for_new_patients", "id", "is_active", "is_online", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "updated_at") VALUES (NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."code", NEW."created_at", NEW."description", NEW."duration_minutes", NEW."for_new_patients", NEW."id", NEW."is_active", NEW."is_online", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."price_amount", NEW."price_currency", NEW."updated_at"); RETURN NULL;',
                            hash="9259915bcc4162bb23fe007c40ecaaa7670c84ef",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_ced3a",
                            table="doctors_healthcareservice",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_healthcareserviceevent" ("buffer_after_minutes", "buffer_before_minutes", "code", "created_at", "description", "duration_minutes", "for_new_patients", "id", "is_active", "is_online", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "updated_at") VALUES (NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."code", NEW."created_at", NEW."description", NEW."duration_minutes", NEW."for_new_patients", NEW."id", NEW."is_active", NEW."is_online", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."price_amount", NEW."price_currency", NEW."updated_at"); RETURN NULL;',
                            hash="66a54458991103fe25ed1cd4712d2ba7c52f97be",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_a7061",
                            table="doctors_healthcareservice",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_healthcareserviceevent" ("buffer_after_minutes", "buffer_before_minutes", "code", "created_at", "description", "duration_minutes", "for_new_patients", "id", "is_active", "is_online", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "price_amount", "price_currency", "updated_at") VALUES (OLD."buffer_after_minutes", OLD."buffer_before_minutes", OLD."code", OLD."created_at", OLD."description", OLD."duration_minutes", OLD."for_new_patients", OLD."id", OLD."is_active", OLD."is_online", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."price_amount", OLD."price_currency", OLD."updated_at"); RETURN NULL;',
                            hash="6f880fd536c275b80f8e8de02b0c4d8b552601f8",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_3c726",
                            table="doctors_healthcareservice",
                            when="AFTER",
                        ),
                    ),
                ],
                "healthcareserviceevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="25feffa782008de492e45fa9ccf2f0f458675396",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_a7f0a",
                            table="doctors_healthcareserviceevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "hoursservice": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_hoursserviceevent" ("hours_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (NEW."hours_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."service_id"); RETURN NULL;',
                            hash="d4807d66d7fd1675182ad338352e08d105b07e71",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_59a86",
                            table="doctors_hoursservice",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_hoursserviceevent" ("hours_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (NEW."hours_id", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."service_id"); RETURN NULL;',
                            hash="03d6ec843e70780992f77509be87cab67a3beecd",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_89747",
                            table="doctors_hoursservice",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_hoursserviceevent" ("hours_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (OLD."hours_id", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."service_id"); RETURN NULL;',
                            hash="5865d8b8cd0a073697788e58132a9cea0e9d904b",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_1d828",
                            table="doctors_hoursservice",
                            when="AFTER",
                        ),
                    ),
                ],
                "hoursserviceevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="1e4266ab2288894907c88d2fdd7f5c427521de7e",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_d600b",
                            table="doctors_hoursserviceevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "location": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_locationevent" ("address", "created_at", "id", "is_active", "latitude", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") VALUES (NEW."address", NEW."created_at", NEW."id", NEW."is_active", NEW."latitude", NEW."longitude", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone", NEW."updated_at"); RETURN NULL;',
                            hash="889ffb16c73d6f5e77247ba4826187c0bc7ab500",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_15458",
                            table="doctors_location",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_locationevent" ("address", "created_at", "id", "is_active", "latitude", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") VALUES (NEW."address", NEW."created_at", NEW."id", NEW."is_active", NEW."latitude", NEW."longitude", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."updated_at"); RETURN NULL;',
                            hash="8ca40c8e17a381adb5f91d739556b03c6756edf2",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_84cbf",
                            table="doctors_location",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_locationevent" ("address", "created_at", "id", "is_active", "latitude", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "updated_at") VALUES (OLD."address", OLD."created_at", OLD."id", OLD."is_active", OLD."latitude", OLD."longitude", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone", OLD."updated_at"); RETURN NULL;',
                            hash="69c632a9ea58e880719f51b4a9d91dcd60db8c2c",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_c1b23",
                            table="doctors_location",
                            when="AFTER",
                        ),
                    ),
                ],
                "locationevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="ae2009c0c185f3ff73f330abfa2fe8172a5f938d",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_2967b",
                            table="doctors_locationevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "resource": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_resourceevent" ("created_at", "id", "is_active", "kind", "location_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pool", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."is_active", NEW."kind", NEW."location_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."pool", NEW."updated_at"); RETURN NULL;',
                            hash="93d79bec3fabcfa6b8e7d5548235cd98cfffe2b2",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_3ab14",
                            table="doctors_resource",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_resourceevent" ("created_at", "id", "is_active", "kind", "location_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pool", "updated_at") VALUES (NEW."created_at", NEW."id", NEW."is_active", NEW."kind", NEW."location_id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."pool", NEW."updated_at"); RETURN NULL;',
                            hash="f2c0b4bbf364efa2ca8b421a70caf6727d3ef49b",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_d77fb",
                            table="doctors_resource",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_resourceevent" ("created_at", "id", "is_active", "kind", "location_id", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pool", "updated_at") VALUES (OLD."created_at", OLD."id", OLD."is_active", OLD."kind", OLD."location_id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."pool", OLD."updated_at"); RETURN NULL;',
                            hash="e2ebe0c5243fb0090c622e547fb82487bb33511e",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_76a05",
                            table="doctors_resource",
                            when="AFTER",
                        ),
                    ),
                ],
                "resourceevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a47c4a7b3d1477ca96becc44ae05d5ae79d8ff83",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_c2bb6",
                            table="doctors_resourceevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "resourceoutage": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_resourceoutageevent" ("created_at", "created_by_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "resource_id", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."ends_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."resource_id", NEW."starts_at"); RETURN NULL;',
                            hash="ecd3f571398fe6a96c0afb1de46a71467dd79594",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_105b6",
                            table="doctors_resourceoutage",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_resourceoutageevent" ("created_at", "created_by_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "resource_id", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."ends_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."resource_id", NEW."starts_at"); RETURN NULL;',
                            hash="7f044010d89b45254d6858addf99e0941650cc99",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_46b45",
                            table="doctors_resourceoutage",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_resourceoutageevent" ("created_at", "created_by_id", "ends_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "resource_id", "starts_at") VALUES (OLD."created_at", OLD."created_by_id", OLD."ends_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."resource_id", OLD."starts_at"); RETURN NULL;',
                            hash="7393b96e17ca698df706a09317209204ac3cdeb9",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_80dab",
                            table="doctors_resourceoutage",
                            when="AFTER",
                        ),
                    ),
                ],
                "resourceoutageevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="5347e4089559e267a0df30a1b9af7289b43723ac",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_0d0b8",
                            table="doctors_resourceoutageevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "servicedoctor": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_servicedoctorevent" ("doctor_id", "duration_minutes", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (NEW."doctor_id", NEW."duration_minutes", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."service_id"); RETURN NULL;',
                            hash="72a2b13938ea25dafc43b879afeb53f1a3d48931",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_d27b0",
                            table="doctors_servicedoctor",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_servicedoctorevent" ("doctor_id", "duration_minutes", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (NEW."doctor_id", NEW."duration_minutes", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."service_id"); RETURN NULL;',
                            hash="492b3fe165601301507bd855a61eb11f8a0dbbdf",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_2d21b",
                            table="doctors_servicedoctor",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_servicedoctorevent" ("doctor_id", "duration_minutes", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (OLD."doctor_id", OLD."duration_minutes", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."service_id"); RETURN NULL;',
                            hash="ca283519f5ee1730ad203286a309c1eb46cfc1e1",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_20434",
                            table="doctors_servicedoctor",
                            when="AFTER",
                        ),
                    ),
                ],
                "servicedoctorevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b9cb65196d5f643ab5fde8dacad65454b8390c5b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_7d850",
                            table="doctors_servicedoctorevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "servicelocation": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_servicelocationevent" ("id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."service_id"); RETURN NULL;',
                            hash="7ef0d73a0b8a1f37d7b1f05a80b9694ae9765f17",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_00e7f",
                            table="doctors_servicelocation",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_servicelocationevent" ("id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."service_id"); RETURN NULL;',
                            hash="7040108de753fd39698af4218c39af3596d56321",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_69fde",
                            table="doctors_servicelocation",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_servicelocationevent" ("id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "service_id") VALUES (OLD."id", OLD."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."service_id"); RETURN NULL;',
                            hash="4198a458a4b7e08502e365ae2f336b41db7028ba",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_21d21",
                            table="doctors_servicelocation",
                            when="AFTER",
                        ),
                    ),
                ],
                "servicelocationevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="6ba540989b0b0d92d01a5a014eb4b16fe45cfd96",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_f2abc",
                            table="doctors_servicelocationevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "serviceneed": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_serviceneedevent" ("count", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pool", "service_id") VALUES (NEW."count", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."pool", NEW."service_id"); RETURN NULL;',
                            hash="bb005ba9ee9a934620fc04975a0f4763ae5953ea",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_add05",
                            table="doctors_serviceneed",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "doctors_serviceneedevent" ("count", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pool", "service_id") VALUES (NEW."count", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."pool", NEW."service_id"); RETURN NULL;',
                            hash="cdb52db124d102917bbb4b5d46ce79e19e6cc5f3",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c4c35",
                            table="doctors_serviceneed",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "doctors_serviceneedevent" ("count", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "pool", "service_id") VALUES (OLD."count", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."pool", OLD."service_id"); RETURN NULL;',
                            hash="5dff45b15d5bfc7df995ee2047099e9e00626665",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_ec930",
                            table="doctors_serviceneed",
                            when="AFTER",
                        ),
                    ),
                ],
                "serviceneedevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b8b5770083bbd3880b5e9da66fb987a68847bcac",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_c2007",
                            table="doctors_serviceneedevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="extrahours",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doctors_extrahoursevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."reason", NEW."starts_at"); RETURN NULL;',
                    hash="92cb3606bda8cf15b2603eb92cf190b26b988987",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_fa81d",
                    table="doctors_extrahours",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="extrahours",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "doctors_extrahoursevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (NEW."created_at", NEW."created_by_id", NEW."doctor_id", NEW."ends_at", NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."reason", NEW."starts_at"); RETURN NULL;',
                    hash="6a143a72abc58e0488144f72bb882053f28d9645",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_75d97",
                    table="doctors_extrahours",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="extrahours",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doctors_extrahoursevent" ("created_at", "created_by_id", "doctor_id", "ends_at", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "starts_at") VALUES (OLD."created_at", OLD."created_by_id", OLD."doctor_id", OLD."ends_at", OLD."id", OLD."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."reason", OLD."starts_at"); RETURN NULL;',
                    hash="5249c25447d182a638aa58774cb09dfe9f66d22a",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_96683",
                    table="doctors_extrahours",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workinghours",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doctors_workinghoursevent" ("doctor_id", "ends", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts", "valid_from", "valid_until", "weekday") VALUES (NEW."doctor_id", NEW."ends", NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."starts", NEW."valid_from", NEW."valid_until", NEW."weekday"); RETURN NULL;',
                    hash="e507a45de583fbdaa3782813362a1224ffa8aa0b",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7297b",
                    table="doctors_workinghours",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workinghours",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "doctors_workinghoursevent" ("doctor_id", "ends", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts", "valid_from", "valid_until", "weekday") VALUES (NEW."doctor_id", NEW."ends", NEW."id", NEW."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."starts", NEW."valid_from", NEW."valid_until", NEW."weekday"); RETURN NULL;',
                    hash="44f39a57cb7cc730be18d96ae3fc5d6c0483cd99",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_a72cc",
                    table="doctors_workinghours",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="workinghours",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "doctors_workinghoursevent" ("doctor_id", "ends", "id", "location_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "starts", "valid_from", "valid_until", "weekday") VALUES (OLD."doctor_id", OLD."ends", OLD."id", OLD."location_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."starts", OLD."valid_from", OLD."valid_until", OLD."weekday"); RETURN NULL;',
                    hash="52ee63c4709f1a994e2ea36a859fe843d74b9415",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_bab27",
                    table="doctors_workinghours",
                    when="AFTER",
                ),
            ),
        ),
    ]
