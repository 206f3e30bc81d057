"""Keeping the records and accounts of the clinic's doctors, for all doors alike."""

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from procrastinate.tasks import Task
from uuid_utils.compat import uuid7

from accounts.models import User
from accounts.roles import Role
from accounts.services import contacts, step_up, users
from accounts.services.accounts import Faults, account_faults, open_account, save_account
from accounts.services.concealment import is_concealed, without_concealed
from clinic.copies import take_over, write
from clinic.emails import normal_email
from clinic.errors import IN_USE, WRONG_STATE, constraint_errors, delete_unreferenced
from clinic.mail import owe
from clinic.security_log import Kind, note_security
from doctors import tasks
from doctors.models import Doctor, ServiceDoctor

RECEIVED = tasks.send_received
TOLD = {"email": tasks.send_email_changed, "phone": tasks.send_phone_changed}


@transaction.atomic
def create(doctor: Doctor, by: User) -> Doctor:
    """Save a new doctor. Raises ValidationError keyed to fields."""
    doctor.full_clean()
    save_new(doctor)
    return doctor


def save_new(doctor: Doctor) -> None:
    with constraint_errors(doctor):
        doctor.save(force_insert=True)


@transaction.atomic
def change(doctor: Doctor, by: User) -> Doctor:
    """Save what was changed about a doctor. Appointments of one made inactive stay as they are;
    the account is shut from that moment, and opened again with the record.

    The old address is told of a new one, and of a new phone number.
    Raises ValidationError keyed to fields, and StepUpNeeded for another address or number.
    """
    save_changed(doctor, by)
    return doctor


def save_changed(doctor: Doctor, by: User) -> None:
    before = Doctor.objects.select_for_update(no_key=True).get(pk=doctor.pk)
    changed = take_over(doctor, before)
    doctor.full_clean()
    moved = contacts.moved(before, doctor)
    if moved:
        step_up.check(by)
    if "specialization" in changed:
        changed.add("specialization_code")
    write(doctor, changed)
    contacts.tell_old_address(before, moved, TOLD)
    if doctor.is_active != before.is_active and doctor.user is not None:
        follow_record(doctor.user, is_active=doctor.is_active)


def follow_record(account: User, *, is_active: bool) -> None:
    """The account opens and shuts with the record; where it shuts, who is signed in is out."""
    now = User.objects.select_for_update(no_key=True).get(pk=account.pk)
    if now.is_active != is_active:
        users.set_open(now, is_open=is_active)
    account.is_active = is_active


@transaction.atomic
def follow_account(account: User, by: User) -> Doctor | None:
    """Let the record behind a doctor's account be active as the account is. Returns the record
    where that changed it. Raises ValidationError where an application waits for approval."""
    doctor = Doctor.objects.select_for_update(no_key=True).filter(user=account).first()
    if doctor is None or doctor.is_active == account.is_active:
        return None
    doctor.is_active = account.is_active
    return change(doctor, by)


@transaction.atomic
def delete(doctor: Doctor, by: User) -> None:
    """Delete a doctor to whom no appointment refers. Of one who only applied, nothing stays.

    Raises ValidationError (`in_use`) where there are appointments, or a visit type that nobody
    else offers.
    """
    check_not_alone(doctor)
    if doctor.waits_for_approval:
        reject(doctor, by)
    else:
        delete_unreferenced(doctor, "Appointments refer to this doctor.")


def check_not_alone(doctor: Doctor) -> None:
    """A visit type that names nobody is offered by everybody."""
    others = ServiceDoctor.objects.filter(service=OuterRef("service")).exclude(doctor=doctor)
    alone = ServiceDoctor.objects.filter(doctor=doctor).exclude(Exists(others))
    if found := alone.select_related("service").first():
        sentence = f"{found.service} is offered by this doctor alone: say first who offers it."
        raise ValidationError(sentence, code=IN_USE)


@transaction.atomic
def register_staff(user: User, password: str, doctor: Doctor | None, by: User) -> User:
    """Open an account for a member of staff; a doctor's with its record, new or found before
    by `record_for()`.

    Raises ValidationError keyed to fields, and StepUpNeeded.
    """
    step_up.check(by)
    if faults := registration_faults(user, password, doctor):
        raise ValidationError(faults)
    user.must_change_password = True  # Somebody else has chosen it.
    open_account(user, password)
    if doctor is not None:
        doctor.user = user
        if doctor._state.adding:
            save_new(doctor)
        else:
            save_changed(doctor, by)
    return user


def registration_faults(user: User, password: str | None, doctor: Doctor | None) -> Faults:
    """Everything that keeps an account from being opened with its doctor's record, by field."""
    faults = account_faults(user, password)
    try:
        if doctor is not None:
            doctor.full_clean(exclude={"user"})
    except ValidationError as error:
        for field, found in error.update_error_dict({}).items():
            faults.setdefault(field, found)  # Both have a name and an address: told once.
    return faults


def record_for(email: str) -> Doctor:
    """The doctor's record that an account with this address belongs to.

    It is the one with the same address where that has no account yet, and an empty one else.
    """
    unclaimed = Doctor.objects.filter(email=normal_email(email), user=None)
    return unclaimed.first() or Doctor()


@transaction.atomic
def apply(doctor: Doctor, password: str, *, consents: bool = False) -> Doctor:
    """Keep a doctor's application: an inactive record and account, until its address is confirmed
    by the link of a mail and an admin approves it.

    The password is judged, and not kept: whoever applies hasn't shown yet who they are. Approval
    sends a link to choose one. `consents`: the applicant has agreed to the privacy notice.

    Raises ValidationError keyed to fields (`unique` for an address that is known). Where the
    clinic conceals who is known, such an address is no fault: nothing is stored, but its owner
    is told by mail, and callers answer everybody alike, without the doctor's id.
    """
    user = prepare_application(doctor)
    if consents:
        doctor.consented_at = timezone.now()
        doctor.consent_version = settings.PRIVACY_NOTICE_VERSION
    if faults := application_faults(user, password, doctor):
        raise ValidationError(faults)
    try:
        make_password(password)  # For its time: it hides whether anything is stored.
        with transaction.atomic():
            doctor.user = save_account(user, None)
            save_new(doctor)
            tell_applicant(doctor, "doctor_applied", RECEIVED)
    except ValidationError as error:
        if not is_concealed(error):
            raise
        tell_owner(doctor.email)
    return doctor


def application_faults(user: User, password: str | None, doctor: Doctor | None) -> Faults:
    """Everything that keeps an application from being taken, less what is concealed."""
    return without_concealed(registration_faults(user, password, doctor))


def tell_owner(email: str) -> None:
    """Owe a mail to whoever has this address already: one a day, however often it is sent."""
    models: tuple[type[User] | type[Doctor], ...] = (User, Doctor)
    owners = (model.objects.filter(email=email).first() for model in models)
    if applicant := Doctor.objects.unconfirmed().filter(email=email).first():
        tasks.remind_applicant.defer(user_id=str(applicant.user_id))
        return
    if owner := next(filter(None, owners), None):
        event = f"application_repeated:{timezone.localdate()}"
        owe(event, email, owner.pk, tasks.send_application_repeated)


@transaction.atomic
def send_application_link(doctor: Doctor, by: User) -> None:
    """Owe an applicant the link that confirms the address again.

    Raises ValidationError (`wrong_state`) where there is nothing to confirm.
    """
    if lock_waiting(doctor).email_verified_at is not None:
        raise ValidationError("The address is confirmed already.", code=WRONG_STATE)
    owe(f"doctor_applied:{doctor.pk}:{uuid7()}", doctor.email, doctor.pk, RECEIVED)


@transaction.atomic
def forget_unconfirmed(doctor: Doctor) -> bool:
    """Remove an application whose address nobody has confirmed, with its account: without a word,
    as it may have been a stranger's. False where it was confirmed meanwhile."""
    rows = Doctor.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    found = rows.unconfirmed().filter(pk=doctor.pk).first()
    if found is None:
        return False
    user = found.user
    delete_unreferenced(found, "Other records refer to this doctor.")
    if user is not None:
        delete_unreferenced(user, "Other records refer to this account.")
    return True


def prepare_application(doctor: Doctor) -> User:
    """Make the unsaved record an application's, and return its unsaved account."""
    doctor.applied_at, doctor.is_active = timezone.now(), False
    return User(
        email=doctor.email,
        first_name=doctor.first_name,
        last_name=doctor.last_name,
        role=Role.DOCTOR,
        is_active=False,
    )


@transaction.atomic
def approve(doctor: Doctor, by: User) -> Doctor:
    """Activate an applicant's record and account, and owe the applicant a link to choose a
    password.

    Raises ValidationError (`wrong_state`) where no application waits, or nobody has confirmed its
    address, and StepUpNeeded.
    """
    step_up.check(by)
    doctor = lock_waiting(doctor)
    if doctor.email_verified_at is None:
        raise ValidationError("The applicant has yet to confirm the address.", code=WRONG_STATE)
    doctor.approved_at, doctor.is_active = timezone.now(), True
    doctor.save(update_fields=["approved_at", "is_active", "updated_at"])
    if doctor.user is not None:
        doctor.user.is_active = True
        doctor.user.set_unusable_password()  # An application of before may have brought one.
        doctor.user.save(update_fields=["is_active", "password"])
        note_security(Kind.ACCOUNT_OPENED, user=doctor.user, by=by)
    tell_applicant(doctor, "doctor_approved", tasks.send_approved)
    return doctor


@transaction.atomic
def reject(doctor: Doctor, by: User) -> None:
    """Remove an application with its account, and owe the applicant word of it.

    Raises ValidationError: `wrong_state` where no application waits, `in_use` where other
    records refer to it.
    """
    doctor = lock_waiting(doctor)
    pk, email, user = doctor.pk, doctor.email, doctor.user
    delete_unreferenced(doctor, "Other records refer to this doctor.")
    if user is not None:
        delete_unreferenced(user, "Other records refer to this account.")
    owe(f"doctor_rejected:{pk}", email, pk, tasks.send_rejected)


def lock_waiting(doctor: Doctor) -> Doctor:
    """The row of an application that waits, held until the transaction ends."""
    rows = Doctor.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    waiting = rows.waiting().filter(pk=doctor.pk).first()
    if waiting is None:
        raise ValidationError("No application of this doctor waits.", code=WRONG_STATE)
    return waiting


def tell_applicant(doctor: Doctor, event: str, task: Task) -> None:
    owe(f"{event}:{doctor.pk}", doctor.email, doctor.pk, task)
