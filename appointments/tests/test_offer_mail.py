"""The mail that offers a free time, over a real SMTP server and a real worker."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from appointments.models import SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.tests.scheduling import doctor_working, patient_online
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def offer():
    """A time that is offered to somebody who waits for it."""
    doctor, patient = doctor_working("09:00-12:00"), patient_online()
    day = timezone.localdate() + timedelta(days=3)
    entry = WaitlistEntry(patient=patient, doctor=doctor, from_date=day, to_date=day)
    waitlist.join(entry, by=patient.user)
    return entry.offers.get() if waitlist.offer_free_times(doctor.pk) else None


def offers(mailbox) -> list:
    return [mail for _, mail in mailbox.mails if mail["Subject"].startswith("A time is free")]


def test_the_offer_arrives_with_its_link_and_how_long_it_holds(client, mailbox, offer, settings):
    run_due_jobs()

    [mail] = offers(mailbox)
    assert mail["To"] == offer.entry.patient.email
    starts, until = timezone.localtime(offer.starts_at), timezone.localtime(offer.expires_at)
    for kind in ("plain", "html"):
        text = part(mail, kind)
        assert f"{starts:%H:%M} to" in text
        assert f", {until:%H:%M}" in text
        assert "Europe/Berlin time (" in text
        assert str(offer.doctor) in text
    link = re.search(rf"{settings.CLINIC_URL}(/offer/\S+)", part(mail, "plain"))[1]
    assert link in part(mail, "html")
    page = client.get(link, follow=True)
    assert page.status_code == 200
    assert f"{starts:%H:%M}" in page.content.decode()


@pytest.mark.parametrize("end", ["declined", "expired"])
def test_an_offer_that_is_over_is_not_sent(mailbox, offer, end):
    if end == "declined":
        waitlist.decline(offer)
        run_due_jobs()
    else:
        with time_machine.travel(offer.expires_at + timedelta(seconds=1)):
            run_due_jobs()

    mails = [mail for mail in offers(mailbox) if str(offer.pk.hex) in part(mail, "plain")]
    assert mails == []
    told = Notification.objects.get(subject_id=offer.pk)
    assert told.status == "outdated"


def test_an_offer_is_sent_once(mailbox, offer):
    waitlist.offer_free_times(offer.doctor_id)
    run_due_jobs()
    run_due_jobs()

    assert len(offers(mailbox)) == SlotOffer.objects.count() == 1
