from django import template

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """10000 as 10,000."""
    return f"{number:,}"
