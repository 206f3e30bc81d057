"""A page of the console with one small form: what stands in a corner of a record's page, alone
where something is wrong with it or there is no other way."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from clinic.errors import NotAllowed, gone_errors


def small_form(
    request: HttpRequest, form: Any, save: Callable[[], object], context: dict[str, Any]
) -> HttpResponse:
    """Save what was sent and go to `context["back"]`, or show the form with what is wrong.

    The context also has `title`, `headline` (of the record), `submit` (the button's word), `done`
    (what is said afterwards) and what every page of the console has.
    """
    if request.method == "POST" and form.is_valid():
        try:
            with gone_errors():
                save()
        except NotAllowed as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, context["done"])
            return HttpResponseRedirect(context["back"])
    return render(request, "admin/small_form.html", context | {"form": form})
