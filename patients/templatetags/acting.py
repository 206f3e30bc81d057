"""The switch on every page of somebody who acts for others: whose visit is it?"""

from typing import Any

from django import template

from patients.models import Patient
from patients.views.whose import CHOSEN

register = template.Library()
SHOWN = ("first_name", "last_name", "preferred_name", "user_id", "sort_name")


@register.inclusion_tag("patients/_whose.html", takes_context=True)
def whose_visit(context) -> dict[str, Any]:
    """Those whose pages may be looked at, the own ones first. Nothing where there are no others."""
    request = context["request"]
    if request.user.is_staff:
        return {}
    within_reach = Patient.objects.visible_to(request.user).only(*SHOWN)
    people = sorted(within_reach, key=lambda one: (one.user_id != request.user.pk, one.sort_name))
    own = people[0].pk if people else None
    chosen = getattr(request, "chosen", None)
    if chosen is None:
        known = {str(one.pk): one.pk for one in people}
        key = known.get(request.session.get(CHOSEN, ""), own)
    else:
        key = chosen.pk
    return {
        "people": people if len(people) > 1 else [],
        "own": own,
        "chosen": key,
        "next": request.get_full_path(),
        "csrf_token": context["csrf_token"],
    }
