from datetime import datetime

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.roles import Role, may
from clinic.copies import Copy
from clinic.emails import normal_email
from clinic.history import tracked
from clinic.phones import PhoneField
from clinic.text import LowercaseEmailField, PlainText


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normal_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.full_clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """What `manage.py createsuperuser` calls: an account with the role admin."""
        return self.create_user(email, password, role=Role.ADMIN, **fields)


@tracked(
    pghistory.UpdateEvent("password", condition=pgtrigger.AnyChange("password")),
    exclude=("password", "last_login"),
)
class User(Copy, AbstractBaseUser):
    """Somebody who signs in, with an e-mail address and one role.

    What a role may do is stated in `accounts.roles`, for the admin and the API alike.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = LowercaseEmailField(error_messages={"unique": "Email is already registered"})
    first_name = models.CharField(max_length=50, blank=True, validators=[PlainText()])
    last_name = models.CharField(max_length=50, blank=True, validators=[PlainText()])
    phone = PhoneField(
        blank=True, help_text="Of staff. The number of a doctor or patient is in their record."
    )
    role = models.CharField(max_length=12, choices=Role, default=Role.PATIENT)
    is_active = models.BooleanField(
        "active", default=True, help_text="Inactive accounts can't sign in. Nothing is deleted."
    )
    must_change_password = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="The password was set by somebody else: nothing opens before it is changed.",
    )
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    # Of the patient behind the account, where it was asked for; empty where there is none.
    language = ""
    # When the password or a second factor was last shown in the sign-in that the user is here by
    # (`accounts.services.step_up`). None of who is here by none: a command, or a job.
    proven_at: datetime | None = None

    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()

    class Meta:
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="user_email_unique"),
            models.CheckConstraint(
                name="user_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="E-mail addresses are stored in lower case.",
            ),
            models.CheckConstraint(
                name="user_role_known",
                condition=Q(role__in=Role.values),
                violation_error_message="This role is not known.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self):
        super().clean()
        if self.is_active and self.is_deceased:
            raise ValidationError({"is_active": "The patient behind this account is deceased."})

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email

    @property
    def called(self) -> str:
        """How mails greet whom the account is of: a patient as the patient wants to be called."""
        return getattr(getattr(self, "patient", None), "called", "") or self.get_full_name()

    @property
    def is_deceased(self) -> bool:
        """Is it the account of a patient who has died? Nobody reads its mails then."""
        return getattr(getattr(self, "patient", None), "is_deceased", False)

    @property
    def is_staff(self) -> bool:
        """May this account enter the staff console?"""
        return self.role in Role.staff()

    @property
    def has_factor(self) -> bool:
        """Is there more than the password: an authenticator app, or a passkey?"""
        any_of_them = Q(second_factor__confirmed_at__isnull=False) | Q(passkeys__isnull=False)
        return User.objects.filter(any_of_them, pk=self.pk).exists()

    @property
    def needs_factor(self) -> bool:
        """Is this a role whose password alone opens nothing?"""
        return self.role in settings.MFA_REQUIRED_ROLES

    @property
    def is_proven(self) -> bool:
        """Was the password or a second factor shown lately? Commands and jobs work for people who
        have shown it before, or are at the machine itself."""
        since = timezone.now() - settings.STEP_UP_TIME
        return self.proven_at is None or self.proven_at > since

    @property
    def pending_email(self) -> str:
        """The new address that waits to be confirmed; empty where none does."""
        waiting = getattr(self, "email_change", None)
        return waiting.email if waiting and waiting.expires_at > timezone.now() else ""

    def has_perm(self, perm: str, obj=None) -> bool:
        return self.is_active and may(self.role, perm)

    def has_perms(self, perms: list[str], obj=None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perms)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and may(self.role, f"{app_label}.")
