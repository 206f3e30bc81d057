import clinic.encryption
import clinic.languages
import clinic.text
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.text
import django.utils.timezone
import django_countries.fields
import patients.models.patients
import patients.models.records
import pghistory.utils
import pgtrigger.compiler
import phonenumber_field.modelfields
import uuid_utils.compat
from django.conf import settings
from clinic.migrations._operations import AddTriggers, AllAtOnce
from django.db import migrations, models

# ruff: noqa: RUF001
# The words of a folded name. An index is made of it: change it only together with that.
WORDS = r"""
CREATE FUNCTION clinic_words(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT array_remove(regexp_split_to_array($1, '[\s!-/:-@\[-`{-~’´]+'), '') $$
"""
# How letters are written in Latin ones: Greek as in passports (ELOT 743), Cyrillic as most
# passports have it. Two letters that are read as one come first.
SIGNS = (
    "ου=ou αυ=av ευ=ev ηυ=iv γγ=ng "
    "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f "
    "χ=ch ψ=ps ω=o "
    "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f "
    "х=kh ц=ts ч=ch ш=sh щ=shch ы=y э=e ю=yu я=ya ъ= ь= "
    "і=i ї=yi є=ye ґ=g ў=u ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz ѓ=gj ќ=kj ѕ=dz "
    "ә=a ғ=g қ=q ң=n ө=o ұ=u ү=u һ=h"
)
LETTERS = dict(sign.split("=") for sign in SIGNS.split())
SINGLE = {sign: one for sign, one in LETTERS.items() if len(sign) == len(one) == 1}
DROPPED = "".join(sign for sign, letters in LETTERS.items() if not letters)


def in_latin(text: str) -> str:
    """The SQL that writes a folded text in Latin letters."""
    for sign, letters in LETTERS.items():
        if letters and sign not in SINGLE:
            text = f"replace({text}, '{sign}', '{letters}')"
    return f"translate({text}, '{''.join(SINGLE)}{DROPPED}', '{''.join(SINGLE.values())}')"


LATIN = f"""
CREATE FUNCTION clinic_latin(folded text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN folded ~ '[\u0370-\u052f]'
        THEN {in_latin("folded")} ELSE folded END
$$
"""
# The words by which a patient is found: those of the names; first and last names of several
# words also written together; of Chinese, Japanese and Korean people the whole name, the last
# name first; and all of these in Latin letters. An index is made of it.
NAME_WORDS = """
CREATE FUNCTION clinic_name_words(first_name text, last_name text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    firsts text[] := public.clinic_words(public.clinic_fold(first_name));
    lasts text[] := public.clinic_words(public.clinic_fold(last_name));
    words text[] := firsts || lasts;
    whole text := array_to_string(lasts || firsts, '');
BEGIN
    IF cardinality(firsts) > 1 THEN
        words := words || array_to_string(firsts, '');
    END IF;
    IF cardinality(lasts) > 1 THEN
        words := words || array_to_string(lasts, '');
    END IF;
    IF whole ~ '[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]' THEN
        words := words || whole;
    END IF;
    IF whole ~ '[\u0370-\u052f]' THEN
        words := words || ARRAY(SELECT public.clinic_latin(word) FROM unnest(words) AS word);
    END IF;
    RETURN array_to_tsvector(array_remove(words, ''));
END $$
"""
# The words themselves. It is called dear, so that they are looked up in their index: PostgreSQL
# takes a match of words for cheap, and would read one patient after the other, hoping for 200.
INDEXED = """
CREATE FUNCTION clinic_indexed(words tsvector) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000
AS $$ BEGIN RETURN words; END $$
"""
# The words of names that are like this one, the likest first. The threshold holds in here alone.
ALIKE = """
CREATE FUNCTION clinic_alike_words(text) RETURNS SETOF text
LANGUAGE sql STABLE STRICT
SET pg_trgm.similarity_threshold = 0.3
AS $$
    SELECT word FROM patients_nameword WHERE word % $1
    GROUP BY word ORDER BY similarity(word, $1) DESC, word LIMIT 60
$$
"""
# No UNIQUE and no ON CONFLICT: two imports at once would wait for each other's words, in
# another order, until one of them is the victim of a deadlock.
KEEP = """
CREATE FUNCTION patients_keep_name_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO patients_nameword (word)
    SELECT DISTINCT word
    FROM newly, unnest(tsvector_to_array(newly.search_words)) AS word
    WHERE NOT EXISTS (SELECT FROM patients_nameword AS known WHERE known.word = word.word);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_name_words_of_new AFTER INSERT ON patients_patient
REFERENCING NEW TABLE AS newly
FOR EACH STATEMENT EXECUTE FUNCTION patients_keep_name_words();
CREATE TRIGGER keep_name_words_of_changed AFTER UPDATE ON patients_patient
REFERENCING NEW TABLE AS newly
FOR EACH STATEMENT EXECUTE FUNCTION patients_keep_name_words();
"""
# Of records with these numbers, phones or addresses that were merged into others: the keys of
# all that they were merged into, one after the other. `endings` are patterns of phones read
# backwards, `mail` is one of addresses.
STANDING_KEYS = """
CREATE FUNCTION clinic_standing_keys(numbers bigint[], phones text[], endings text[], mail text)
RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
WITH RECURSIVE up AS (
    SELECT merged_into_id AS id FROM public.patients_patient
    WHERE merged_into_id IS NOT NULL AND (
        number = ANY (numbers) OR phone = ANY (phones)
        OR reverse(phone) LIKE ANY (endings) OR email LIKE mail
    )
    UNION
    SELECT above.merged_into_id
    FROM public.patients_patient AS above JOIN up ON above.id = up.id
    WHERE above.merged_into_id IS NOT NULL
)
SELECT array_agg(id) FROM up
$$;
"""


class Migration(AllAtOnce):
    initial = True
    # An empty database is made by this one; older ones go through those that it stands for.
    replaces = [
        ("patients", "0001_initial"),
        ("patients", "0002_emails_in_one_form"),
        ("patients", "0003_standing_keys"),
        ("patients", "0004_notes_of_staff"),
        ("patients", "0005_invitations"),
        ("patients", "0006_names_in_order"),
        ("patients", "0007_deceased"),
        ("patients", "0008_search_words"),
        ("patients", "0009_people"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("clinic", "0001_initial"),
        ("doctors", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE patient_number"),
        migrations.RunSQL(WORDS),
        migrations.RunSQL(LATIN),
        migrations.RunSQL(INDEXED),
        migrations.RunSQL(NAME_WORDS),
        migrations.CreateModel(
            name="Patient",
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
                    "number",
                    models.BigIntegerField(
                        db_default=models.Func(models.Value("patient_number"), function="nextval"),
                        editable=False,
                        unique=True,
                    ),
                ),
                (
                    "first_name",
                    models.CharField(
                        blank=True,
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                        verbose_name="first name(s)",
                    ),
                ),
                (
                    "last_name",
                    models.CharField(max_length=50, validators=[clinic.text.PlainText()]),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        blank=True,
                        error_messages={"unique": "Email is already registered"},
                        max_length=254,
                        verbose_name="e-mail",
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True,
                        error_messages={"unique": "Phone number is already registered"},
                        max_length=128,
                        region=None,
                    ),
                ),
                ("date_of_birth", models.DateField(blank=True, null=True)),
                (
                    "gender",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("female", "Female"),
                            ("male", "Male"),
                            ("other", "Other"),
                            ("prefer_not_to_say", "Prefer not to say"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "street",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "city",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                        verbose_name="state or region",
                    ),
                ),
                (
                    "zip",
                    models.CharField(
                        blank=True,
                        max_length=12,
                        validators=[clinic.text.PlainText()],
                        verbose_name="postal code",
                    ),
                ),
                (
                    "country",
                    django_countries.fields.CountryField(
                        default=patients.models.patients.clinic_country, max_length=2
                    ),
                ),
                (
                    "emergency_contact_name",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "emergency_contact_phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "emergency_contact_relationship",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "insurance_provider",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "insurance_policy_number",
                    clinic.encryption.EncryptedTextField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "medical_history",
                    clinic.encryption.EncryptedTextField(
                        blank=True,
                        help_text="One entry a line.",
                        validators=[clinic.text.PlainText(multiline=True)],
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=clinic.languages.choices,
                        default=clinic.languages.own,
                        help_text="Of the mails and pages that the patient gets.",
                        max_length=10,
                    ),
                ),
                ("email_verified_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("phone_verified_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "consented_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="agreed to the privacy notice",
                    ),
                ),
                (
                    "search_name",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            django.db.models.functions.text.Concat(
                                "first_name", models.Value(" "), "last_name"
                            ),
                            function="clinic_fold",
                        ),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        help_text="The record that stands for this one now (FHIR: Patient.link, replaced-by).",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="patients.patient",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="patient",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
                (
                    "deceased_on",
                    models.DateField(
                        blank=True,
                        help_text="FHIR's deceasedDateTime, if it is known.",
                        null=True,
                        verbose_name="day of death",
                    ),
                ),
                (
                    "is_deceased",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="FHIR's deceasedBoolean, where the day isn't known.",
                        verbose_name="deceased",
                    ),
                ),
                (
                    "mark_shut_account",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="The account was open when the death was noted: taking that back opens it.",
                    ),
                ),
                (
                    "sort_name",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.F("last_name"),
                            models.F("first_name"),
                            function="clinic_sort_name",
                            output_field=models.TextField(),
                        ),
                        output_field=models.TextField(db_collation="C"),
                    ),
                ),
                (
                    "former_names",
                    models.CharField(
                        db_default="",
                        default="",
                        blank=True,
                        help_text="Last names of before, such as the one at birth, separated by commas.",
                        max_length=200,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="FHIR's Patient.active. Who isn't is found where asked for, and not suggested.",
                        verbose_name="active",
                    ),
                ),
                (
                    "preferred_name",
                    models.CharField(
                        db_default="",
                        default="",
                        blank=True,
                        help_text="What the patient wants to be called, on the board and in mails.",
                        max_length=100,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "search_words",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            models.Func("first_name", "last_name", function="clinic_name_words"),
                            models.Func(
                                "preferred_name", "former_names", function="clinic_name_words"
                            ),
                            arg_joiner=" || ",
                            template="(%(expressions)s)",
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
            ],
            options={
                "ordering": ["sort_name", "id"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["search_name"],
                        name="patient_search_name",
                        opclasses=["gin_trgm_ops"],
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["email"], name="patient_email_parts", opclasses=["gin_trgm_ops"]
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Reverse("phone"),
                            name="text_pattern_ops",
                        ),
                        name="patient_phone_ending",
                    ),
                    models.Index(fields=["created_at", "id"], name="patient_by_registration"),
                    models.Index(fields=["date_of_birth"], name="patient_date_of_birth"),
                    models.Index(
                        models.Func(
                            "email",
                            models.Value("@"),
                            1,
                            function="SPLIT_PART",
                            output_field=models.TextField(),
                        ),
                        name="patient_mailbox",
                    ),
                    models.Index(
                        django.db.models.functions.text.Right("phone", 7),
                        name="patient_last_digits",
                    ),
                    models.Index(fields=["zip", "street"], name="patient_address"),
                    models.Index(
                        condition=models.Q(
                            ("email_verified_at", None),
                            ("merged_into", None),
                            ("user__isnull", False),
                        ),
                        fields=["created_at"],
                        name="patient_unverified",
                    ),
                    models.Index(
                        condition=models.Q(("merged_into__isnull", False)),
                        fields=["merged_into"],
                        name="patient_merged",
                    ),
                    models.Index(fields=["sort_name", "id"], name="patient_by_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        models.Func("search_words", function="clinic_indexed"),
                        name="patient_search_words",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("merged_into", models.F("id")), _negated=True),
                        name="patient_not_merged_into_itself",
                        violation_error_message="A record can't be merged into itself.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="patient_email_lower_case",
                        violation_error_message="E-mail addresses are stored in lower case.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deceased_on", None), ("is_deceased", True), _connector="OR"
                        ),
                        name="patient_deceased_on_of_deceased",
                        violation_error_message="Only who is marked as deceased has a day of death.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deceased_on", None),
                            ("date_of_birth", None),
                            ("deceased_on__gte", models.F("date_of_birth")),
                            _connector="OR",
                        ),
                        name="patient_died_after_birth",
                        violation_error_message="The day of death can't be before the date of birth.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True), models.Q(("email", ""), _negated=True)
                        ),
                        fields=("email",),
                        name="patient_email_unique",
                        violation_error_code="unique",
                        violation_error_message="Email is already registered",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True), models.Q(("phone", ""), _negated=True)
                        ),
                        fields=("phone",),
                        name="patient_phone_unique",
                        violation_error_code="unique",
                        violation_error_message="Phone number is already registered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone", ""),
                            ("phone__regex", "^\\+[1-9][0-9]{6,14}$"),
                            _connector="OR",
                        ),
                        name="patient_phone_e164",
                        violation_error_message="Phone numbers are stored as in +4930123456 (E.164).",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("user", None),
                            models.Q(
                                models.Q(("email", ""), _negated=True),
                                models.Q(("phone", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="patient_account_has_contacts",
                        violation_error_message="An account needs an e-mail address and a phone number.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CareAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "assigned_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "assigned_by",
                    models.ForeignKey(
                        blank=True,
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
                        related_name="care_assignments",
                        to="doctors.doctor",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="care_assignments",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "ordering": ["assigned_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("doctor", "patient"),
                        name="care_assignment_once",
                        violation_error_message="This patient is assigned to this doctor already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityDocument",
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
                    "file",
                    models.FileField(
                        storage=patients.models.records.documents_storage,
                        unique=True,
                        upload_to=patients.models.records.document_name,
                    ),
                ),
                (
                    "content_type",
                    models.CharField(
                        choices=[("image/jpeg", "JPEG"), ("image/png", "PNG")], max_length=10
                    ),
                ),
                ("width", models.PositiveIntegerField(help_text="Pixels.")),
                ("height", models.PositiveIntegerField(help_text="Pixels.")),
                ("uploaded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "document_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("passport", "Passport"),
                            ("national_id", "National ID"),
                            ("driving_licence", "Driving licence"),
                            ("residence_permit", "Residence permit"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                        verbose_name="type of document",
                    ),
                ),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="valid until")),
                (
                    "check_result",
                    models.CharField(
                        blank=True,
                        choices=[("verified", "Verified"), ("refused", "Refused")],
                        max_length=10,
                    ),
                ),
                (
                    "refusal_reason",
                    models.CharField(
                        blank=True,
                        help_text="The patient reads it.",
                        max_length=300,
                        validators=[clinic.text.PlainText()],
                        verbose_name="reason",
                    ),
                ),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "checked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty where the patient sent it with the registration.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="document",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "ID photo",
                "indexes": [
                    models.Index(
                        condition=models.Q(("check_result", "")),
                        fields=["uploaded_at"],
                        name="document_to_check",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("check_result", ""), ("checked_at", None), ("checked_by", None)
                            ),
                            models.Q(
                                ("check_result__in", ("verified", "refused")),
                                ("checked_at__isnull", False),
                                ("checked_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="document_check_noted",
                        violation_error_message="A check has a result, a time and somebody who did it.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("check_result", "refused"),
                                models.Q(("refusal_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("check_result", "refused"), _negated=True),
                                ("refusal_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="document_refused_for_a_reason",
                        violation_error_message="Only what is refused has a reason, and it must have one.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "document_type__in",
                                (
                                    "passport",
                                    "national_id",
                                    "driving_licence",
                                    "residence_permit",
                                    "other",
                                ),
                            ),
                            models.Q(
                                ("document_type", ""),
                                models.Q(("check_result", "verified"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="document_kind_known",
                        violation_error_message="Which kind of document is it?",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("content_type__in", ("image/jpeg", "image/png"))),
                        name="document_type_known",
                        violation_error_message="The photo must be a JPEG or PNG image.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MergeRecord",
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
                ("merged_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "moved",
                    models.JSONField(
                        default=dict,
                        help_text="The ids of what went over to the survivor, by model.",
                    ),
                ),
                (
                    "values",
                    clinic.encryption.EncryptedTextField(
                        blank=True,
                        help_text="What the merge changed in the survivor and the accounts: before and after.",
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "merged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merges_away",
                        to="patients.patient",
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merges",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "verbose_name": "merge",
                "ordering": ["-merged_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)),
                        fields=("merged",),
                        name="merge_record_once",
                        violation_error_message="This record was merged already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("survivor", models.F("merged")), _negated=True),
                        name="merge_record_of_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("word", models.TextField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["word"], name="name_word"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="name_word_like", opclasses=["gin_trgm_ops"]
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MergeRecordEvent",
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
                ("merged_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "moved",
                    models.JSONField(
                        default=dict,
                        help_text="The ids of what went over to the survivor, by model.",
                    ),
                ),
                (
                    "values",
                    clinic.encryption.EncryptedTextField(
                        blank=True,
                        help_text="What the merge changed in the survivor and the accounts: before and after.",
                    ),
                ),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "merged_by",
                    models.ForeignKey(
                        db_constraint=False,
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
                        to="patients.mergerecord",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merged",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
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
                        name="mergerecord_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="mergerecord_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdentityDocumentEvent",
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
                    "file",
                    models.FileField(
                        storage=patients.models.records.documents_storage,
                        upload_to=patients.models.records.document_name,
                    ),
                ),
                (
                    "content_type",
                    models.CharField(
                        choices=[("image/jpeg", "JPEG"), ("image/png", "PNG")], max_length=10
                    ),
                ),
                ("width", models.PositiveIntegerField(help_text="Pixels.")),
                ("height", models.PositiveIntegerField(help_text="Pixels.")),
                ("uploaded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "document_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("passport", "Passport"),
                            ("national_id", "National ID"),
                            ("driving_licence", "Driving licence"),
                            ("residence_permit", "Residence permit"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                        verbose_name="type of document",
                    ),
                ),
                ("expires_on", models.DateField(blank=True, null=True, verbose_name="valid until")),
                (
                    "check_result",
                    models.CharField(
                        blank=True,
                        choices=[("verified", "Verified"), ("refused", "Refused")],
                        max_length=10,
                    ),
                ),
                (
                    "refusal_reason",
                    models.CharField(
                        blank=True,
                        help_text="The patient reads it.",
                        max_length=300,
                        validators=[clinic.text.PlainText()],
                        verbose_name="reason",
                    ),
                ),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "checked_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
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
                        to="patients.identitydocument",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty where the patient sent it with the registration.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="identitydocument_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="identitydocument_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="CareAssignmentEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("id", models.BigIntegerField()),
                (
                    "assigned_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "assigned_by",
                    models.ForeignKey(
                        blank=True,
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
                        to="patients.careassignment",
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
            ],
            options={
                "ordering": ["-pgh_id"],
                "abstract": False,
                "indexes": [
                    models.Index(
                        django.db.models.fields.json.KeyTextTransform("user", "pgh_context"),
                        models.F("pgh_created_at"),
                        name="careassignment_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="careassignment_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PatientEvent",
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
                ("number", models.BigIntegerField(editable=False)),
                (
                    "first_name",
                    models.CharField(
                        blank=True,
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                        verbose_name="first name(s)",
                    ),
                ),
                (
                    "last_name",
                    models.CharField(max_length=50, validators=[clinic.text.PlainText()]),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        blank=True,
                        error_messages={"unique": "Email is already registered"},
                        max_length=254,
                        verbose_name="e-mail",
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True,
                        error_messages={"unique": "Phone number is already registered"},
                        max_length=128,
                        region=None,
                    ),
                ),
                ("date_of_birth", models.DateField(blank=True, null=True)),
                (
                    "gender",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("female", "Female"),
                            ("male", "Male"),
                            ("other", "Other"),
                            ("prefer_not_to_say", "Prefer not to say"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "street",
                    models.CharField(
                        blank=True, max_length=200, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "city",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        blank=True,
                        max_length=50,
                        validators=[clinic.text.PlainText()],
                        verbose_name="state or region",
                    ),
                ),
                (
                    "zip",
                    models.CharField(
                        blank=True,
                        max_length=12,
                        validators=[clinic.text.PlainText()],
                        verbose_name="postal code",
                    ),
                ),
                (
                    "country",
                    django_countries.fields.CountryField(
                        default=patients.models.patients.clinic_country, max_length=2
                    ),
                ),
                (
                    "emergency_contact_name",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "emergency_contact_phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "emergency_contact_relationship",
                    models.CharField(
                        blank=True, max_length=50, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "insurance_provider",
                    models.CharField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "insurance_policy_number",
                    clinic.encryption.EncryptedTextField(
                        blank=True, max_length=100, validators=[clinic.text.PlainText()]
                    ),
                ),
                (
                    "medical_history",
                    clinic.encryption.EncryptedTextField(
                        blank=True,
                        help_text="One entry a line.",
                        validators=[clinic.text.PlainText(multiline=True)],
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=clinic.languages.choices,
                        default=clinic.languages.own,
                        help_text="Of the mails and pages that the patient gets.",
                        max_length=10,
                    ),
                ),
                ("email_verified_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("phone_verified_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "consented_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="agreed to the privacy notice",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        help_text="The record that stands for this one now (FHIR: Patient.link, replaced-by).",
                        null=True,
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
                        to="patients.patient",
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
                (
                    "deceased_on",
                    models.DateField(
                        blank=True,
                        help_text="FHIR's deceasedDateTime, if it is known.",
                        null=True,
                        verbose_name="day of death",
                    ),
                ),
                (
                    "is_deceased",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="FHIR's deceasedBoolean, where the day isn't known.",
                        verbose_name="deceased",
                    ),
                ),
                (
                    "mark_shut_account",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="The account was open when the death was noted: taking that back opens it.",
                    ),
                ),
                (
                    "former_names",
                    models.CharField(
                        db_default="",
                        default="",
                        blank=True,
                        help_text="Last names of before, such as the one at birth, separated by commas.",
                        max_length=200,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="FHIR's Patient.active. Who isn't is found where asked for, and not suggested.",
                        verbose_name="active",
                    ),
                ),
                (
                    "preferred_name",
                    models.CharField(
                        db_default="",
                        default="",
                        blank=True,
                        help_text="What the patient wants to be called, on the board and in mails.",
                        max_length=100,
                        validators=[clinic.text.PlainText()],
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
                        name="patient_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="patient_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PossibleDuplicate",
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
                    "score",
                    models.FloatField(
                        help_text="How sure it is that they are one person, from 0 to 1."
                    ),
                ),
                (
                    "reasons",
                    models.JSONField(
                        default=list, help_text="What agrees, in words without values."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To be decided"),
                            ("dismissed", "Two persons"),
                            ("merged", "Merged"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "second",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "ordering": ["-score", "id"],
                "indexes": [
                    models.Index(
                        fields=["state", "-score", "id"], name="possible_duplicate_by_state"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("first", "second"), name="possible_duplicate_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first__lt", models.F("second"))),
                        name="possible_duplicate_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 1)),
                        name="possible_duplicate_score",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
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
                    "on_board",
                    models.BooleanField(
                        default=False, verbose_name="show it on the board, as a warning"
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
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", ""), _negated=True),
                        name="note_not_empty",
                        violation_error_message="What is to be noted?",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NoteEvent",
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
                    "on_board",
                    models.BooleanField(
                        default=False, verbose_name="show it on the board, as a warning"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                        to="patients.note",
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
                        name="note_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="note_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invitation",
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
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "By mail"),
                            ("text", "By text message"),
                            ("paper", "On paper"),
                            ("asked", "By mail, as the patient asked"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        blank=True, help_text="HMAC-SHA-256, hexadecimal.", max_length=64
                    ),
                ),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="wrong dates of birth"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("claimed", "The account was opened"),
                            ("replaced", "There is a newer one"),
                            ("contact", "The e-mail address or phone number was changed"),
                            ("merged", "The record was merged"),
                            ("tries", "Too many wrong dates of birth"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty where the patient asked for it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invitations",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("patient", "channel"),
                        name="invitation_one_a_channel",
                        violation_error_message="Somebody has just invited this patient.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("digest", ""), _negated=True),
                        fields=("digest",),
                        name="invitation_digest_unique",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_because", "")),
                            models.Q(
                                ("ended_at__isnull", False),
                                (
                                    "ended_because__in",
                                    ("claimed", "replaced", "contact", "merged", "tries"),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="invitation_end_noted",
                        violation_error_message="An invitation that has ended has a time and a reason.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ("mail", "text", "paper", "asked"))),
                        name="invitation_channel_known",
                        violation_error_message="This way of inviting is not known.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvitationEvent",
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
                    "channel",
                    models.CharField(
                        choices=[
                            ("mail", "By mail"),
                            ("text", "By text message"),
                            ("paper", "On paper"),
                            ("asked", "By mail, as the patient asked"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        default=0, verbose_name="wrong dates of birth"
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("claimed", "The account was opened"),
                            ("replaced", "There is a newer one"),
                            ("contact", "The e-mail address or phone number was changed"),
                            ("merged", "The record was merged"),
                            ("tries", "Too many wrong dates of birth"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty where the patient asked for it.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                        to="patients.invitation",
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
                        name="invitation_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="invitation_event_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RelatedPerson",
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
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="Of a person who is no patient.",
                        max_length=101,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        blank=True, max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=clinic.languages.choices,
                        default=clinic.languages.own,
                        help_text="In which a person who is no patient is written to.",
                        max_length=10,
                    ),
                ),
                (
                    "relationship",
                    models.CharField(
                        choices=[
                            ("parent", "Parent"),
                            ("guardian", "Guardian"),
                            ("spouse", "Spouse or partner"),
                            ("child", "Child"),
                            ("sibling", "Brother or sister"),
                            ("caregiver", "Caregiver"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "may_act",
                    models.BooleanField(
                        default=False,
                        help_text="Sees and books for the patient, with an account of their own.",
                        verbose_name="may act for the patient",
                    ),
                ),
                (
                    "gets_messages",
                    models.BooleanField(
                        default=False,
                        help_text="Mails and texts about the patient go to this person.",
                        verbose_name="gets the patient's messages",
                    ),
                ),
                (
                    "valid_until",
                    models.DateField(
                        blank=True, help_text="The last day on which this holds.", null=True
                    ),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        help_text="The member of staff who saw that it is so.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="related_persons",
                        to="patients.patient",
                    ),
                ),
                (
                    "related_patient",
                    models.ForeignKey(
                        blank=True,
                        help_text="The related person's own record. Empty for a person who is no patient.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="related_to",
                        to="patients.patient",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("related_patient", models.F("patient")), _negated=True),
                        name="related_person_not_oneself",
                        violation_error_message="Nobody is a related person of their own.",
                    ),
                    models.UniqueConstraint(
                        fields=("patient", "related_patient"),
                        name="related_person_once",
                        violation_error_message="These two are related to each other on record already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("email", ""),
                                ("name", ""),
                                ("phone", ""),
                                ("related_patient__isnull", False),
                            ),
                            models.Q(
                                ("related_patient", None), models.Q(("name", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="related_person_patient_or_name",
                        violation_error_message="A related person is another patient, or has a name of their own.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("may_act", False), ("related_patient__isnull", False), _connector="OR"
                        ),
                        name="related_person_acts_by_account",
                        violation_error_message="Only another patient, with an account, can act.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("gets_messages", False),
                            ("related_patient__isnull", False),
                            models.Q(("email", ""), _negated=True),
                            models.Q(("phone", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="related_person_can_be_reached",
                        violation_error_message="Who gets the messages needs an e-mail address or a phone number.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "relationship__in",
                                (
                                    "parent",
                                    "guardian",
                                    "spouse",
                                    "child",
                                    "sibling",
                                    "caregiver",
                                    "other",
                                ),
                            )
                        ),
                        name="related_person_relationship_known",
                        violation_error_message="This relationship is not known.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("email", django.db.models.functions.text.Lower("email"))
                        ),
                        name="related_person_email_lower_case",
                        violation_error_message="E-mail addresses are stored in lower case.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("phone", ""),
                            ("phone__regex", "^\\+[1-9][0-9]{6,14}$"),
                            _connector="OR",
                        ),
                        name="related_person_phone_e164",
                        violation_error_message="Phone numbers are stored as in +4930123456 (E.164).",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RelatedPersonEvent",
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
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="Of a person who is no patient.",
                        max_length=101,
                        validators=[clinic.text.PlainText()],
                    ),
                ),
                (
                    "email",
                    clinic.text.LowercaseEmailField(
                        blank=True, max_length=254, verbose_name="e-mail"
                    ),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=clinic.languages.choices,
                        default=clinic.languages.own,
                        help_text="In which a person who is no patient is written to.",
                        max_length=10,
                    ),
                ),
                (
                    "relationship",
                    models.CharField(
                        choices=[
                            ("parent", "Parent"),
                            ("guardian", "Guardian"),
                            ("spouse", "Spouse or partner"),
                            ("child", "Child"),
                            ("sibling", "Brother or sister"),
                            ("caregiver", "Caregiver"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "may_act",
                    models.BooleanField(
                        default=False,
                        help_text="Sees and books for the patient, with an account of their own.",
                        verbose_name="may act for the patient",
                    ),
                ),
                (
                    "gets_messages",
                    models.BooleanField(
                        default=False,
                        help_text="Mails and texts about the patient go to this person.",
                        verbose_name="gets the patient's messages",
                    ),
                ),
                (
                    "valid_until",
                    models.DateField(
                        blank=True, help_text="The last day on which this holds.", null=True
                    ),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        editable=False,
                        help_text="The member of staff who saw that it is so.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                        to="patients.relatedperson",
                    ),
                ),
                (
                    "related_patient",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="The related person's own record. Empty for a person who is no patient.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
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
                        name="relatedperson_event_by_user",
                    ),
                    models.Index(fields=["pgh_created_at"], name="relatedperson_event_by_time"),
                ],
            },
        ),
        migrations.AddField(
            model_name="Patient",
            name="doctors",
            field=models.ManyToManyField(
                blank=True,
                related_name="patients",
                through="patients.CareAssignment",
                to="doctors.doctor",
            ),
        ),
        AddTriggers(
            triggers={
                "careassignment": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_careassignmentevent" ("assigned_at", "assigned_by_id", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."assigned_at", NEW."assigned_by_id", NEW."doctor_id", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id"); RETURN NULL;',
                            hash="00cf90a3175dce613c32e297e847fc2209ed3b47",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_2a598",
                            table="patients_careassignment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_careassignmentevent" ("assigned_at", "assigned_by_id", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."assigned_at", NEW."assigned_by_id", NEW."doctor_id", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id"); RETURN NULL;',
                            hash="8ef559fbc79b019bf2f275c9456a2c3b447e0953",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c3816",
                            table="patients_careassignment",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_careassignmentevent" ("assigned_at", "assigned_by_id", "doctor_id", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."assigned_at", OLD."assigned_by_id", OLD."doctor_id", OLD."id", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id"); RETURN NULL;',
                            hash="f811f7ec68ccfc671f8cff360b65015e7b7b7bec",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_b9a63",
                            table="patients_careassignment",
                            when="AFTER",
                        ),
                    ),
                ],
                "careassignmentevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="63b713f0ee00796b32f9cf832c1ab38614330753",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_87d27",
                            table="patients_careassignmentevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "identitydocument": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_identitydocumentevent" ("check_result", "checked_at", "checked_by_id", "content_type", "document_type", "expires_on", "file", "height", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "refusal_reason", "uploaded_at", "uploaded_by_id", "width") VALUES (NEW."check_result", NEW."checked_at", NEW."checked_by_id", NEW."content_type", NEW."document_type", NEW."expires_on", NEW."file", NEW."height", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."refusal_reason", NEW."uploaded_at", NEW."uploaded_by_id", NEW."width"); RETURN NULL;',
                            hash="69305551375b4edc2ffe2af4dcb1f9551d09e1e6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_1432a",
                            table="patients_identitydocument",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_identitydocumentevent" ("check_result", "checked_at", "checked_by_id", "content_type", "document_type", "expires_on", "file", "height", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "refusal_reason", "uploaded_at", "uploaded_by_id", "width") VALUES (NEW."check_result", NEW."checked_at", NEW."checked_by_id", NEW."content_type", NEW."document_type", NEW."expires_on", NEW."file", NEW."height", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."refusal_reason", NEW."uploaded_at", NEW."uploaded_by_id", NEW."width"); RETURN NULL;',
                            hash="d6ba17b06ba800d03359c8ea3428cb723ed27d56",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_6e058",
                            table="patients_identitydocument",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_identitydocumentevent" ("check_result", "checked_at", "checked_by_id", "content_type", "document_type", "expires_on", "file", "height", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "refusal_reason", "uploaded_at", "uploaded_by_id", "width") VALUES (OLD."check_result", OLD."checked_at", OLD."checked_by_id", OLD."content_type", OLD."document_type", OLD."expires_on", OLD."file", OLD."height", OLD."id", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."refusal_reason", OLD."uploaded_at", OLD."uploaded_by_id", OLD."width"); RETURN NULL;',
                            hash="974ebf981163ee7539af6e8bbc33c6a49a74426f",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_2e1df",
                            table="patients_identitydocument",
                            when="AFTER",
                        ),
                    ),
                ],
                "identitydocumentevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a82616007ad4d54c41bce2958ecc6d0cea2a435b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_64bda",
                            table="patients_identitydocumentevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "invitation": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_invitationevent" ("channel", "created_at", "created_by_id", "ended_at", "ended_because", "expires_at", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "tries") VALUES (NEW."channel", NEW."created_at", NEW."created_by_id", NEW."ended_at", NEW."ended_because", NEW."expires_at", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."tries"); RETURN NULL;',
                            hash="c7934a057744bc9f760b2fb34389169fec35e24f",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_9b7e0",
                            table="patients_invitation",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."channel" IS DISTINCT FROM (NEW."channel") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."created_by_id" IS DISTINCT FROM (NEW."created_by_id") OR OLD."ended_at" IS DISTINCT FROM (NEW."ended_at") OR OLD."ended_because" IS DISTINCT FROM (NEW."ended_because") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."patient_id" IS DISTINCT FROM (NEW."patient_id") OR OLD."tries" IS DISTINCT FROM (NEW."tries"))',
                            func='INSERT INTO "patients_invitationevent" ("channel", "created_at", "created_by_id", "ended_at", "ended_because", "expires_at", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "tries") VALUES (NEW."channel", NEW."created_at", NEW."created_by_id", NEW."ended_at", NEW."ended_because", NEW."expires_at", NEW."id", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."tries"); RETURN NULL;',
                            hash="08bda4f61f15ef49549dc53e7fb672181d33f728",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_cd56a",
                            table="patients_invitation",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_invitationevent" ("channel", "created_at", "created_by_id", "ended_at", "ended_because", "expires_at", "id", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "tries") VALUES (OLD."channel", OLD."created_at", OLD."created_by_id", OLD."ended_at", OLD."ended_because", OLD."expires_at", OLD."id", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."tries"); RETURN NULL;',
                            hash="d9abb984dc81fab89da3afed6fc5170017b2a4aa",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_48ce0",
                            table="patients_invitation",
                            when="AFTER",
                        ),
                    ),
                ],
                "invitationevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="f6923a3077a96e8a84e5035fac53f9d118caf918",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_bda54",
                            table="patients_invitationevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "mergerecord": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_mergerecordevent" ("id", "merged_at", "merged_by_id", "merged_id", "moved", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "survivor_id", "undone_at", "undone_by_id", "values") VALUES (NEW."id", NEW."merged_at", NEW."merged_by_id", NEW."merged_id", NEW."moved", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."survivor_id", NEW."undone_at", NEW."undone_by_id", NEW."values"); RETURN NULL;',
                            hash="d7c819abe84440a2ad51da89325feec3110a55b0",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_b67cd",
                            table="patients_mergerecord",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_mergerecordevent" ("id", "merged_at", "merged_by_id", "merged_id", "moved", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "survivor_id", "undone_at", "undone_by_id", "values") VALUES (NEW."id", NEW."merged_at", NEW."merged_by_id", NEW."merged_id", NEW."moved", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."survivor_id", NEW."undone_at", NEW."undone_by_id", NEW."values"); RETURN NULL;',
                            hash="c42cbb1d02fd1171ec54b8c70162bcd29281917e",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_9a92b",
                            table="patients_mergerecord",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_mergerecordevent" ("id", "merged_at", "merged_by_id", "merged_id", "moved", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "survivor_id", "undone_at", "undone_by_id", "values") VALUES (OLD."id", OLD."merged_at", OLD."merged_by_id", OLD."merged_id", OLD."moved", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."survivor_id", OLD."undone_at", OLD."undone_by_id", OLD."values"); RETURN NULL;',
                            hash="a15d44407002d09b3cbf1651d73ee1bb664610b0",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_35f7f",
                            table="patients_mergerecord",
                            when="AFTER",
                        ),
                    ),
                ],
                "mergerecordevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a59ecd0dfdebf160244948d08c5b5ab520dad5b2",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_6576b",
                            table="patients_mergerecordevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "note": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.text IS DISTINCT FROM NEW.text OR OLD.author_id IS DISTINCT FROM NEW.author_id OR OLD.created_at IS DISTINCT FROM NEW.created_at)",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="edc7b261dbb62c9aa428c11bf4ac3c18edc9c57d",
                            operation="UPDATE",
                            pgid="pgtrigger_append_only_ae4ea",
                            table="patients_note",
                            when="BEFORE",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_noteevent" ("author_id", "created_at", "id", "on_board", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "text") VALUES (NEW."author_id", NEW."created_at", NEW."id", NEW."on_board", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."text"); RETURN NULL;',
                            hash="4366a6037e01b49bd440976cec5cdde8862f3db6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_917b9",
                            table="patients_note",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_noteevent" ("author_id", "created_at", "id", "on_board", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "text") VALUES (NEW."author_id", NEW."created_at", NEW."id", NEW."on_board", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."text"); RETURN NULL;',
                            hash="b528707a724a8be49921fecb499aa98bda38358a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_b22ff",
                            table="patients_note",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_noteevent" ("author_id", "created_at", "id", "on_board", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "text") VALUES (OLD."author_id", OLD."created_at", OLD."id", OLD."on_board", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."text"); RETURN NULL;',
                            hash="24d00496417462561601318af481a206d5da863a",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_df961",
                            table="patients_note",
                            when="AFTER",
                        ),
                    ),
                ],
                "noteevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="9ff2df463afab5d3445096938cbec5455c270a2a",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_2f77a",
                            table="patients_noteevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "patient": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_patientevent" ("city", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "state", "street", "updated_at", "user_id", "zip") VALUES (NEW."city", NEW."consented_at", NEW."country", NEW."created_at", NEW."date_of_birth", NEW."deceased_on", NEW."email", NEW."email_verified_at", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relationship", NEW."first_name", NEW."former_names", NEW."gender", NEW."id", NEW."insurance_policy_number", NEW."insurance_provider", NEW."is_active", NEW."is_deceased", NEW."language", NEW."last_name", NEW."mark_shut_account", NEW."medical_history", NEW."merged_into_id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone", NEW."phone_verified_at", NEW."preferred_name", NEW."state", NEW."street", NEW."updated_at", NEW."user_id", NEW."zip"); RETURN NULL;',
                            hash="118ee1a8b7fb2330ed67bb11982f586fce87e4ad",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_62165",
                            table="patients_patient",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."city" IS DISTINCT FROM (NEW."city") OR OLD."consented_at" IS DISTINCT FROM (NEW."consented_at") OR OLD."country" IS DISTINCT FROM (NEW."country") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."date_of_birth" IS DISTINCT FROM (NEW."date_of_birth") OR OLD."deceased_on" IS DISTINCT FROM (NEW."deceased_on") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."email_verified_at" IS DISTINCT FROM (NEW."email_verified_at") OR OLD."emergency_contact_name" IS DISTINCT FROM (NEW."emergency_contact_name") OR OLD."emergency_contact_phone" IS DISTINCT FROM (NEW."emergency_contact_phone") OR OLD."emergency_contact_relationship" IS DISTINCT FROM (NEW."emergency_contact_relationship") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."former_names" IS DISTINCT FROM (NEW."former_names") OR OLD."gender" IS DISTINCT FROM (NEW."gender") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."insurance_policy_number" IS DISTINCT FROM (NEW."insurance_policy_number") OR OLD."insurance_provider" IS DISTINCT FROM (NEW."insurance_provider") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_deceased" IS DISTINCT FROM (NEW."is_deceased") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."mark_shut_account" IS DISTINCT FROM (NEW."mark_shut_account") OR OLD."medical_history" IS DISTINCT FROM (NEW."medical_history") OR OLD."merged_into_id" IS DISTINCT FROM (NEW."merged_into_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."phone" IS DISTINCT FROM (NEW."phone") OR OLD."phone_verified_at" IS DISTINCT FROM (NEW."phone_verified_at") OR OLD."preferred_name" IS DISTINCT FROM (NEW."preferred_name") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."street" IS DISTINCT FROM (NEW."street") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."zip" IS DISTINCT FROM (NEW."zip"))',
                            func='INSERT INTO "patients_patientevent" ("city", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "state", "street", "updated_at", "user_id", "zip") VALUES (NEW."city", NEW."consented_at", NEW."country", NEW."created_at", NEW."date_of_birth", NEW."deceased_on", NEW."email", NEW."email_verified_at", NEW."emergency_contact_name", NEW."emergency_contact_phone", NEW."emergency_contact_relationship", NEW."first_name", NEW."former_names", NEW."gender", NEW."id", NEW."insurance_policy_number", NEW."insurance_provider", NEW."is_active", NEW."is_deceased", NEW."language", NEW."last_name", NEW."mark_shut_account", NEW."medical_history", NEW."merged_into_id", NEW."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."phone_verified_at", NEW."preferred_name", NEW."state", NEW."street", NEW."updated_at", NEW."user_id", NEW."zip"); RETURN NULL;',
                            hash="3c28dc64e6d214fb333b0bd8ffee9f1f331619de",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_546ce",
                            table="patients_patient",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_patientevent" ("city", "consented_at", "country", "created_at", "date_of_birth", "deceased_on", "email", "email_verified_at", "emergency_contact_name", "emergency_contact_phone", "emergency_contact_relationship", "first_name", "former_names", "gender", "id", "insurance_policy_number", "insurance_provider", "is_active", "is_deceased", "language", "last_name", "mark_shut_account", "medical_history", "merged_into_id", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "phone_verified_at", "preferred_name", "state", "street", "updated_at", "user_id", "zip") VALUES (OLD."city", OLD."consented_at", OLD."country", OLD."created_at", OLD."date_of_birth", OLD."deceased_on", OLD."email", OLD."email_verified_at", OLD."emergency_contact_name", OLD."emergency_contact_phone", OLD."emergency_contact_relationship", OLD."first_name", OLD."former_names", OLD."gender", OLD."id", OLD."insurance_policy_number", OLD."insurance_provider", OLD."is_active", OLD."is_deceased", OLD."language", OLD."last_name", OLD."mark_shut_account", OLD."medical_history", OLD."merged_into_id", OLD."number", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone", OLD."phone_verified_at", OLD."preferred_name", OLD."state", OLD."street", OLD."updated_at", OLD."user_id", OLD."zip"); RETURN NULL;',
                            hash="192e3c9fe6e2ac5b42b27c167a6d694c1990de7e",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_9898d",
                            table="patients_patient",
                            when="AFTER",
                        ),
                    ),
                ],
                "patientevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="d56fc44e91ee8df71d41dd0265710731967b921c",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_ade9e",
                            table="patients_patientevent",
                            when="BEFORE",
                        ),
                    )
                ],
                "relatedperson": [
                    pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_relatedpersonevent" ("confirmed_at", "confirmed_by_id", "created_at", "email", "gets_messages", "id", "language", "may_act", "name", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "related_patient_id", "relationship", "updated_at", "valid_until") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."created_at", NEW."email", NEW."gets_messages", NEW."id", NEW."language", NEW."may_act", NEW."name", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'insert\', NEW."id", NEW."phone", NEW."related_patient_id", NEW."relationship", NEW."updated_at", NEW."valid_until"); RETURN NULL;',
                            hash="2c5deff05e3f27bd6c935a9149e586385bc5c5f9",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_27dca",
                            table="patients_relatedperson",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "patients_relatedpersonevent" ("confirmed_at", "confirmed_by_id", "created_at", "email", "gets_messages", "id", "language", "may_act", "name", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "related_patient_id", "relationship", "updated_at", "valid_until") VALUES (NEW."confirmed_at", NEW."confirmed_by_id", NEW."created_at", NEW."email", NEW."gets_messages", NEW."id", NEW."language", NEW."may_act", NEW."name", NEW."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'update\', NEW."id", NEW."phone", NEW."related_patient_id", NEW."relationship", NEW."updated_at", NEW."valid_until"); RETURN NULL;',
                            hash="4511d3aa5ddd93648cf5e854437a3252e6844c2c",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_5ea6e",
                            table="patients_relatedperson",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="delete_delete",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "patients_relatedpersonevent" ("confirmed_at", "confirmed_by_id", "created_at", "email", "gets_messages", "id", "language", "may_act", "name", "patient_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "related_patient_id", "relationship", "updated_at", "valid_until") VALUES (OLD."confirmed_at", OLD."confirmed_by_id", OLD."created_at", OLD."email", OLD."gets_messages", OLD."id", OLD."language", OLD."may_act", OLD."name", OLD."patient_id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, NOW(), \'delete\', OLD."id", OLD."phone", OLD."related_patient_id", OLD."relationship", OLD."updated_at", OLD."valid_until"); RETURN NULL;',
                            hash="692e932d9adf7033ff3db32b6cb10f9e961bfd3c",
                            operation="DELETE",
                            pgid="pgtrigger_delete_delete_fa175",
                            table="patients_relatedperson",
                            when="AFTER",
                        ),
                    ),
                ],
                "relatedpersonevent": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="a4335b65ef812c51a63a01f60b877504e7bb6840",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_08850",
                            table="patients_relatedpersonevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.RunSQL(ALIKE),
        migrations.RunSQL(KEEP),
        migrations.RunSQL(STANDING_KEYS),
    ]
