"""Links in mails that open one thing of one patient, without signing in."""

import re
from uuid import UUID

from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from appointments.models import SlotOffer

OFFER_SALT = "appointments.offer"
TOKEN = re.compile(r"([0-9a-f]{32})-([0-9a-f]{64})")


def offer_path(offer: SlotOffer) -> str:
    """The address in the mail that offers a time."""
    return f"{reverse('appointments:offer')}?token={offer.pk.hex}-{signature(offer.pk)}"


def offer_of(token: str) -> SlotOffer | None:
    """The offer that the link is for; None where the clinic never made this link."""
    parts = TOKEN.fullmatch(token)
    if parts is None:
        return None
    pk = UUID(parts[1])
    if not constant_time_compare(parts[2], signature(pk)):
        return None
    offers = SlotOffer.objects.select_related(
        "entry__patient__user", "doctor", "service", "location", "appointment"
    )
    return offers.filter(pk=pk).first()


def signature(pk: UUID) -> str:
    return salted_hmac(OFFER_SALT, pk.hex, algorithm="sha256").hexdigest()
