from datetime import datetime

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def zone(instant: datetime) -> str:
    """The clock that the clinic reads this instant from: "Europe/Berlin time (CET)".

    Django's own `T` is silent about the hour that comes twice, where it matters most.
    """
    local = timezone.localtime(instant)
    return f"{timezone.get_current_timezone_name()} time ({local.tzname()})"
