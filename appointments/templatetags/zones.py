from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def zone(instant: datetime) -> str:
    """The clock that the clinic reads this instant from: "Europe/Berlin time (CET)".

    Django's own `T` is silent about the hour that comes twice, where it matters most.
    """
    local = timezone.localtime(instant)
    names = {"zone": timezone.get_current_timezone_name(), "letters": local.tzname()}
    return _("%(zone)s time (%(letters)s)") % names
