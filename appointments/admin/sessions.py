"""The console's pages of group sessions: making one, who takes part, moving and cancelling."""

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from appointments.admin.choosing_offered import ChoosesOffered
from appointments.admin.session_pages import SessionPages, session_url
from appointments.admin.visits import manages_all
from appointments.admin.warned import AskedFirst, ask_about_session, word_for
from appointments.forms.sessions import SessionForm
from appointments.models import GroupSession
from appointments.scheduling import availability
from appointments.services import sessions
from doctors.models import Doctor

PLACES = frozenset({"title", "capacity"})


class When(admin.SimpleListFilter):
    """Those to come, unless others are asked for."""

    title = "time"
    parameter_name = "when"

    def lookups(self, request, model_admin):
        return (("past", "Past"), ("all", "All"))

    def choices(self, changelist):
        for value, label in ((None, "To come"), *self.lookup_choices):
            query = changelist.get_query_string(
                {self.parameter_name: value} if value else {},
                [] if value else [self.parameter_name],
            )
            yield {"selected": self.value() == value, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        now = timezone.now()
        if self.value() == "past":
            return queryset.filter(ends_at__lte=now).order_by("-starts_at", "-pk")
        return queryset if self.value() == "all" else queryset.filter(ends_at__gt=now)


@admin.register(GroupSession)
class GroupSessionAdmin(ChoosesOffered, SessionPages):
    """Sessions are made, moved and cancelled with all who take part in them."""

    form = SessionForm
    menu_name = "Group sessions"
    add_title = "Make a group session"
    added = "{} is on {} with {}."
    saved = "{} is on {} with {}, and all who take part are told."
    none_yet = "No group sessions to come."
    list_display = ("when", "called", "doctor", "places", "where")
    list_select_related = ("doctor", "service", "location")
    list_filter = (When, "doctor")
    read_once = ("offered",)
    ordering = ("starts_at", "id")

    def get_queryset(self, request):
        return super().get_queryset(request).with_places()

    def headline(self, obj: GroupSession) -> str:
        return f"{obj.name} · {obj.doctor} · {local_time(obj)}"

    @admin.display(description="start", ordering="starts_at")
    def when(self, obj: GroupSession) -> str:
        return local_time(obj)

    @admin.display(description="name", ordering="title")
    def called(self, obj: GroupSession) -> str:
        return f"{obj.name} (cancelled)" if obj.cancelled_at else obj.name

    @admin.display(description="places", ordering="capacity")
    def places(self, obj: GroupSession) -> str:
        return f"{obj.taken} of {obj.capacity} taken"

    @admin.display(description="place", ordering="location__name", empty_value="")
    def where(self, obj: GroupSession) -> str | None:
        return str(obj.location) if obj.location else None

    def get_list_filter(self, request):
        return self.list_filter if manages_all(request) else self.list_filter[:1]

    def get_autocomplete_fields(self, request):
        return ("doctor",) if manages_all(request) else ()

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "doctor" and not manages_all(request):
            own = Doctor.objects.filter(user=request.user)
            kwargs |= {"queryset": own, "initial": own.first(), "empty_label": None}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fieldsets(self, request, obj=None):
        when = ("starts_at", "duration_minutes")
        if obj is None:
            offered = self.offered(request).names
            return [(None, {"fields": ("doctor", *offered, "title", *when, "capacity")})]
        if not self.has_change_permission(request, obj):
            return []  # The head of the page says all there is.
        return [("Change or move", {"fields": ("title", "capacity", "doctor", *when)})]

    def has_change_permission(self, request, obj=None):
        may = request.user.has_perm("appointments.change_groupsession")
        return may and (obj is None or obj.cancelled_at is None or request.method == "POST")

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        changed = set(form.changed_data)
        if change and not changed:
            return
        word = request.POST.get("all_the_same", "")
        codes: list[str] = []
        if not change:
            codes = ask_about_session(obj, word)
            sessions.open_session(obj, request.user)
        else:
            now = GroupSession.objects.select_related("doctor", "service").get(pk=obj.pk)
            if changed & PLACES:
                named = {"title": obj.title, "capacity": obj.capacity}
                now = sessions.change_session(now, request.user, **named)
            if changed - PLACES:
                codes = ask_about_session(obj, word, word_for(now))
                when = (obj.starts_at, obj.duration, obj.doctor)
                moved = sessions.move_session(now, request.user, *when)
                request.is_moved = moved.sequence != now.sequence
        for code in codes:
            self.message_user(request, availability.WARNINGS[code], messages.WARNING)

    def done_sentence(self, request, obj, sentence):
        link = format_html('<a href="{}">{}</a>', self.page_of(request, obj), obj.name)
        if sentence == self.saved and not getattr(request, "is_moved", False):
            return format_html("{} is saved.", link)
        return format_html(sentence, link, local_time(obj), obj.doctor)

    def response_post_save_add(self, request, obj):
        return redirect(session_url(obj))

    def response_post_save_change(self, request, obj):
        return redirect(session_url(obj))

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        response = super().changeform_view(request, object_id, form_url, extra_context)
        refusal = getattr(request, "refusal", None)
        if refusal is not None and hasattr(response, "context_data"):
            response.context_data["alternatives"] = getattr(refusal, "alternatives", None)
            response.context_data["asked"] = refusal if isinstance(refusal, AskedFirst) else None
        return response

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
            context |= self.about(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def local_time(session: GroupSession) -> str:
    return date_format(timezone.localtime(session.starts_at), "D j M Y, H:i")
