from datetime import date, time

from django import template
from django.template.defaultfilters import date as as_date
from django.utils.translation import pgettext_lazy

register = template.Library()

# In the letters of Django's own filter `date`; each language writes them in its own way.
FORMS = {
    "H:i": pgettext_lazy("date", "H:i"),
    "D": pgettext_lazy("date", "D"),
    "D j M": pgettext_lazy("date", "D j M"),
    "D j M, H:i": pgettext_lazy("date", "D j M, H:i"),
    "j": pgettext_lazy("date", "j"),
    "j F": pgettext_lazy("date", "j F"),
    "j F Y": pgettext_lazy("date", "j F Y"),
    "j F Y, H:i": pgettext_lazy("date", "j F Y, H:i"),
    "j F, H:i": pgettext_lazy("date", "j F, H:i"),
    "j M": pgettext_lazy("date", "j M"),
    "j M Y": pgettext_lazy("date", "j M Y"),
    "l, H:i": pgettext_lazy("date", "l, H:i"),
    "l, j F": pgettext_lazy("date", "l, j F"),
    "l, j F Y": pgettext_lazy("date", "l, j F Y"),
    "l, j F Y, H:i": pgettext_lazy("date", "l, j F Y, H:i"),
    "l, j F, H:i": pgettext_lazy("date", "l, j F, H:i"),
}


@register.filter(expects_localtime=True)
def written(moment: date | time | None, form: str) -> str:
    """A date or time in the form that the language has for it."""
    return as_date(moment, str(FORMS[form]))  # type: ignore[arg-type]  # Times, too.
