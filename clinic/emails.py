"""E-mail addresses as people write them: one mailbox is one text, at every door alike."""

import unicodedata
from functools import lru_cache

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from clinic.visible import check_visible

NO_ADDRESS = _("Enter an e-mail address such as name@example.com.")
NO_DOMAIN = _("“%(domain)s” is no domain that mail can be sent to.")
check_form = EmailValidator(NO_ADDRESS, allowlist=[])


def read_email(text: str) -> str:
    """The address in lower case, its domain in ASCII (IDNA 2008: `xn--...`).

    Raises ValidationError where it is none, where it holds something that can't be seen, and
    where its domain is a literal address or no name of the internet.
    """
    check_visible(text)
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    user, _at, domain = plain.rpartition("@")
    if not user or not domain:
        raise ValidationError(NO_ADDRESS, code="invalid")
    name = ascii_domain(domain)
    if name.startswith("[") or name.rpartition(".")[2].isdigit() or "." not in name:
        raise ValidationError(NO_DOMAIN, code="no_domain", params={"domain": domain})
    address = f"{user}@{name}"
    check_form(address)
    return address


@lru_cache(maxsize=1000)  # Files of thousands of addresses have a few domains.
def ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        # Names of old with an underscore, say: as good as the form of addresses lets them be.
        if domain.isascii() and "xn--" not in domain:
            return domain
        raise ValidationError(NO_DOMAIN, code="no_domain", params={"domain": domain}) from error


def normal_email(text: str) -> str:
    """The address as it would be stored; what is no address, trimmed and in lower case."""
    try:
        return read_email(text)
    except ValidationError:
        return text.strip().lower()


def validate_mailbox(text: str) -> None:
    read_email(text)


class EmailFormField(forms.EmailField):
    default_validators = [validate_mailbox]

    def to_python(self, value):
        return normal_email(super().to_python(value) or "")
