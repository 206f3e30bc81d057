"""The staff console: Django's admin, on the same services and gates as every other door."""

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import model_ngettext
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods

from clinic.console import menu
from clinic.console.answers import OwnWords
from clinic.console.paging import QuickList
from clinic.errors import NotAllowed, gone_errors
from clinic.forms import ShownAgainMixin
from clinic.opened import OpenedMixin

PAGE_METHODS = require_http_methods(["GET", "HEAD", "POST"])


class Suggestions(AutocompleteJsonView):
    """What a search field offers while somebody types: visible records, told apart in a line."""

    def process_request(self, request):
        request.suggests = True
        term, *rest = super().process_request(request)
        return term.replace("\x00", ""), *rest

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        self.model_admin.note_shown(self.request, context["object_list"], is_list=True)
        return context

    def serialize_result(self, obj, to_field_name):
        result = super().serialize_result(obj, to_field_name)
        told = {"text": self.model_admin.headline(obj)}
        return result | told | self.model_admin.suggestion(obj)

    def has_perm(self, request, obj=None):
        return isinstance(self.model_admin, ServiceAdmin) and super().has_perm(request, obj)


class ClinicAdminSite(admin.AdminSite):
    """The staff console: Django's admin under the clinic's name."""

    site_header = site_title = settings.CLINIC_NAME
    index_title = "Today"
    enable_nav_sidebar = False  # The menu is a line under the clinic's name.

    def admin_view(self, view, cacheable=False):
        """Django's pages take every method that they don't know for GET."""
        return super().admin_view(PAGE_METHODS(view), cacheable)

    def autocomplete_view(self, request):
        return Suggestions.as_view(admin_site=self)(request)

    def get_app_list(self, request, app_label=None):
        apps = super().get_app_list(request, app_label)
        for entry in (entry for app in apps for entry in app["models"]):
            name = getattr(self.get_model_admin(entry["model"]), "menu_name", "")
            entry["name"] = name or entry["name"]
        return apps

    def each_context(self, request):
        context = super().each_context(request)
        # Built where a page shows it: not for a pop-up, nor for who isn't let in.
        return context | {"menu": partial(menu.build, request, context["available_apps"])}


class RefusableForm(OpenedMixin, ShownAgainMixin, forms.ModelForm):
    """A form that shows what a service refused, every fault beside the field it belongs to."""

    refusal: ValidationError | None = None
    # Model fields that the form doesn't show, and the fields that stand for them.
    stands_for: dict[str, str] = {}

    def full_clean(self):
        super().full_clean()
        if self.refusal is not None and not self.errors:
            self.add_error(None, self.refusal)

    def add_error(self, field, error):
        if not hasattr(error, "error_dict"):
            super().add_error(field, error)
            return
        for name, faults in error.error_dict.items():
            name = self.stands_for.get(name, name)
            super().add_error(name if name in self.fields else None, faults)


class SearchSelect(AutocompleteSelect):
    def optgroups(self, name, value, attr=None):
        try:
            return super().optgroups(name, value, attr)
        except ValidationError:  # What was sent is no key at all: nothing is chosen.
            return super().optgroups(name, [], attr)


class VisibleChoices(admin.options.BaseModelAdmin):
    """Offers, and accepts, only what this user may see."""

    formfield_overrides = {
        models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}
    }

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.EmailField):
            field.label = "E-mail"
        if isinstance(getattr(field, "widget", None), RelatedFieldWidgetWrapper):
            for name in ("can_change_related", "can_view_related", "can_delete_related"):
                setattr(field.widget, name, False)
        return field

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        objects = db_field.remote_field.model._default_manager
        if hasattr(objects, "visible_to"):
            kwargs.setdefault("queryset", objects.visible_to(request.user))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ConsoleAdmin(OwnWords):
    """What the pages of every record have in common."""

    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_columns: tuple[str, ...] = ()  # What the rows of the list are read of; left empty, all.
    menu_name = ""  # What the records are called in the menu; left empty, the model's name.
    counted = ("", "")  # What one and what many are called under a list; empty, as the model.
    none_yet = ""  # What an empty list says, and what to do about it.
    add_title = ""  # What adding a record is called; left empty, "Add <name>".

    def headline(self, obj: models.Model) -> str:
        """The line that stands for the record: over its page, and where it is searched for."""
        return str(obj)

    def suggestion(self, obj: models.Model) -> dict[str, Any]:
        """What else is told of a record where it is suggested."""
        return {}

    def get_changelist(self, request, **kwargs):
        return QuickList

    def changelist_view(self, request, extra_context=None):
        title = self.menu_name or capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        title = self.headline(obj) if obj else self.add_title or context["title"]
        context |= {"title": title, "subtitle": None, "menu_name": self.menu_name}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def history_view(self, request, object_id, extra_context=None):
        """Who may see no such record learns nothing of whether there is this one."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


class ServiceAdmin(VisibleChoices, ConsoleAdmin):
    """An admin whose `save_model()` and `delete_model()` call services, which may refuse.

    A record that the user may not see is answered as one that doesn't exist.
    """

    form = RefusableForm
    read_once: tuple[str, ...] = ()  # What a request keeps; read anew where its form is refused.

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).visible_to(request.user)

    def note_shown(self, request: HttpRequest, records, is_list: bool = False) -> None:
        """Called before records are shown, for those whose readers are noted."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Where a service refuses, show the form again, with all that was typed, and say why."""
        try:
            with gone_errors():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except NotAllowed as error:
            request.refusal = ValidationError(str(error))
        except ValidationError as error:
            request.refusal = error
        for name in self.read_once:
            vars(request).pop(name, None)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        """What is refused stands in the form alone: beside it, the record is as it is stored."""
        if obj is not None and context.get("errors"):
            obj = self.get_queryset(request).filter(pk=obj.pk).first() or obj
            context["original"] = obj
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return type(form.__name__, (form,), {"refusal": refusal}) if refusal else form

    def get_changeform_initial_data(self, request):
        """What a link hands to the form, as far as it makes sense."""
        initial: dict[str, Any] = {}
        for name, value in super().get_changeform_initial_data(request).items():
            try:
                field = self.opts.get_field(name)
                initial[name] = standing_choice(field, field.to_python(value))
            except (FieldDoesNotExist, ValidationError, ValueError):
                continue
        return initial

    def delete_view(self, request, object_id, extra_context=None):
        try:
            with gone_errors():
                return super().delete_view(request, object_id, extra_context)
        except (ValidationError, NotAllowed) as error:
            self.message_user(request, sentence(error), messages.ERROR)
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)

    def get_deleted_objects(self, objs, request):
        """Name the records alone: what goes with them or forbids it, the service knows."""
        names = [str(obj) for obj in objs]
        return names, {model_ngettext(self.opts, len(names)): len(names)}, set(), []

    def get_actions(self, request):
        """Records of the clinic are deleted one by one."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changelist_view(self, request, extra_context=None):
        try:
            return super().changelist_view(request, extra_context)
        except ValidationError as error:  # A chosen row whose key is no key.
            self.message_user(request, sentence(error), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(ConsoleAdmin):
    """Shows what the clinic's operation writes, to those who may view it."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


def standing_choice(field: Any, key: Any) -> Any:
    """The key of a record for this field, or of the one that it was merged into."""
    objects = field.remote_field and field.remote_field.model._default_manager
    return objects.key_under(key) if hasattr(objects, "key_under") else key


def titled(title: str, kind: type[admin.FieldListFilter] = admin.DateFieldListFilter):
    """A filter by a field, under a title of its own."""

    class Titled(kind):  # type: ignore[valid-type]
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.title = title

    return Titled


def sentence(error: ValidationError | NotAllowed) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
