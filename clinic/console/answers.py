"""What is said once something was done in the console, and where that leads: in words of ours, with
a way to the thing."""

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


class OwnWords(admin.ModelAdmin):
    added = "{} is added."
    saved = "{} is saved."
    deleted = "{} is deleted."

    def response_add(self, request: HttpRequest, obj: Model, post_url_continue=None):
        if IS_POPUP_VAR in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, self.done_sentence(request, obj, self.added), messages.SUCCESS)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        if "_continue" in request.POST:
            return HttpResponseRedirect(self.page_of(request, obj))
        return self.response_post_save_add(request, obj)

    def response_change(self, request: HttpRequest, obj: Model):
        if IS_POPUP_VAR in request.POST:
            return super().response_change(request, obj)
        self.message_user(request, self.done_sentence(request, obj, self.saved), messages.SUCCESS)
        if "_continue" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return self.response_post_save_change(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id) -> HttpResponse:
        if IS_POPUP_VAR in request.POST:
            return super().response_delete(request, obj_display, obj_id)
        self.message_user(request, self.deleted.format(obj_display), messages.SUCCESS)
        return self.response_post_save_change(request, None)

    def done_sentence(self, request: HttpRequest, obj: Model, sentence: str) -> SafeString:
        return format_html(sentence, self.named(request, obj))

    def named(self, request: HttpRequest, obj: Model) -> str:
        """The record's name, with a way to its page for those who may open it."""
        if not self.has_view_or_change_permission(request, obj):
            return str(obj)
        return format_html('<a href="{}">{}</a>', self.page_of(request, obj), obj)

    def page_of(self, request: HttpRequest, obj: Model) -> str:
        """The record's own page, from which a way leads back to the list as it was searched."""
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        filters = self.get_preserved_filters(request)
        return add_preserved_filters({"preserved_filters": filters, "opts": self.opts}, url)
