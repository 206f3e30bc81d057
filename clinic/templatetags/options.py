from collections.abc import Iterable
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()


@register.filter(name="options")
def options_of_select(options: Iterable[dict[str, Any]]) -> SafeString:
    """The options of a select, as its widget describes them."""
    return format_html_join(
        "",
        '\n  <option value="{}"{}>{}</option>',
        ((str(one["value"]), flatatt(one["attrs"]), one["label"]) for one in options),
    )
