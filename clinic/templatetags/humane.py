from datetime import timedelta

from django import template

register = template.Library()


@register.filter
def duration(length: timedelta) -> str:
    """Such as `3 h 20 min`, `5 min` or `12 s`."""
    seconds = int(length.total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
