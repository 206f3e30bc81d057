"""The console's pages of who is signed in, and of who is locked out: for administrators."""

from urllib.parse import urlencode

from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import SignIn
from accounts.roles import STAFF_ROLES, Role
from accounts.security.devices import device_name
from accounts.services import attempts, sign_ins
from clinic.console.parts import ReadOnlyAdmin

# An administrator ends sign-ins, here or by changing the account.
ENDED: dict[str, str] = {SignIn.Ended.DEACTIVATED: "Ended by an administrator"}


class Live(admin.SimpleListFilter):
    """Those that open doors, unless all are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [("all", "Also ended ones")]

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield choice | ({"display": "Signed in now"} if choice["display"] == "All" else {})

    def queryset(self, request, queryset):
        return queryset if self.value() == "all" else queryset.live()


class WhoseSignIn(admin.SimpleListFilter):
    """Staff, unless others are asked for."""

    title = "role"
    parameter_name = "role"

    def lookups(self, request, model_admin):
        return [*STAFF_ROLES, (Role.PATIENT.value, Role.PATIENT.label)]

    def choices(self, changelist):
        for choice in super().choices(changelist):
            yield choice | ({"display": "Staff"} if choice["display"] == "All" else {})

    def queryset(self, request, queryset):
        roles = [self.value()] if self.value() else list(Role.staff())
        return queryset.filter(user__role__in=roles)


@admin.register(SignIn)
class SignInAdmin(ReadOnlyAdmin):
    """Every device that is signed in. A second look comes before one is signed out."""

    menu_name = "Sign-ins"
    none_yet = "Nobody is signed in."
    list_display = ("person", "device", "address", "started", "used", "state", "end_button")
    list_display_links = None
    list_filter = (Live, WhoseSignIn, "door")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__last_name", "address")
    search_help_text = "E-mail, last name or address"
    ordering = ("-id",)  # In the order of signing in.
    fields = ("person", "device", "door", "address", "started", "used", "state")
    readonly_fields = fields

    @admin.display(description="who", ordering="user__email")
    def person(self, sign_in: SignIn) -> str:
        user = sign_in.user
        return f"{user.get_full_name()} ({user.get_role_display()})"

    @admin.display(description="device")
    def device(self, sign_in: SignIn) -> str:
        return device_name(
            sign_in.user_agent, "A program" if sign_in.door == "api" else "A browser"
        )

    @admin.display(description="since", ordering="id")
    def started(self, sign_in: SignIn) -> str:
        return moment(sign_in.started_at)

    @admin.display(description="last used", ordering="last_used_at")
    def used(self, sign_in: SignIn) -> str:
        return moment(sign_in.last_used_at)

    @admin.display(description="state")
    def state(self, sign_in: SignIn) -> str:
        if sign_in.ended_at:
            because = (
                ENDED.get(SignIn.Ended(sign_in.ended_because))
                or sign_in.get_ended_because_display()
            )
            return f"{because}, {moment(sign_in.ended_at)}"
        is_live = sign_in.expires_at > timezone.now()
        return format_html(
            '<span class="status{}">{}</span>',
            " status-fulfilled" if is_live else "",
            "Open" if is_live else "Run out",
        )

    @admin.display(description="sign out")
    def end_button(self, sign_in: SignIn) -> str:
        if sign_in.ended_at:
            return ""
        url = reverse("admin:accounts_signin_end", args=[sign_in.pk])
        label = f"Sign out {sign_in.user.get_full_name()}"
        return format_html('<a class="step" href="{}" aria-label="{}">Sign out</a>', url, label)

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.end_view)
        own = path("<uuid:pk>/end/", self.admin_site.admin_view(view), name="accounts_signin_end")
        return [own, *super().get_urls()]

    def end_view(self, request, pk):
        """Show whom it concerns; sign out that device when the button is pressed."""
        if not request.user.has_perm("accounts.end_signin"):
            raise PermissionDenied
        sign_in = SignIn.objects.select_related("user").filter(pk=pk, ended_at=None).first()
        if sign_in is None:
            raise Http404
        if request.method == "POST":
            sign_ins.end_for(sign_in, by=request.user)
            sentence = f"{sign_in.user.get_full_name()} is signed out of that device."
            self.message_user(request, sentence, messages.SUCCESS)
            return redirect("admin:accounts_signin_changelist")
        context = self.admin_site.each_context(request) | {
            "title": f"Sign out {sign_in.user.get_full_name()}?",
            "opts": self.opts,
            "menu_name": self.menu_name,
            "sign_in": sign_in,
            "device": self.device(sign_in),
            "is_own": sign_in == request.sign_in,
        }
        return render(request, "admin/accounts/end_sign_in.html", context)


@admin.register(AccessAttempt)
class LockOutAdmin(ReadOnlyAdmin):
    """Failed sign-ins that still count, and whom they lock out."""

    menu_name = "Lock-outs"
    counted = ("entry", "entries")
    none_yet = "No failed sign-in counts at present, and nobody is locked out."
    list_display = ("account", "address", "device", "failures", "last_failure", "locks", "act")
    list_display_links = None
    search_fields = ("username", "ip_address")
    search_help_text = "E-mail or address"
    ordering = ("-attempt_time",)
    fields = ("account", "address", "device", "failures", "last_failure")
    readonly_fields = fields

    def get_queryset(self, request) -> QuerySet[AccessAttempt]:
        return attempts.failures_that_count()

    @admin.display(description="account", ordering="username")
    def account(self, attempt: AccessAttempt) -> str:
        return attempt.username or "No e-mail address"

    @admin.display(description="address", ordering="ip_address")
    def address(self, attempt: AccessAttempt) -> str:
        return attempt.ip_address or ""

    @admin.display(description="device", ordering="user_agent")
    def device(self, attempt: AccessAttempt) -> str:
        return "Known to the account" if attempt.user_agent else "Unknown"

    @admin.display(description="failed sign-ins", ordering="failures_since_start")
    def failures(self, attempt: AccessAttempt) -> int:
        return attempt.failures_since_start

    @admin.display(description="last failure", ordering="attempt_time")
    def last_failure(self, attempt: AccessAttempt) -> str:
        return moment(attempt.attempt_time)

    @admin.display(description="locked out")
    def locks(self, attempt: AccessAttempt) -> str:
        locked = attempts.locked_parts(attempt)
        if not locked:
            return "Not yet"
        words = " and ".join(locked)
        return format_html('<span class="status status-failed">{}</span>', words.capitalize())

    @admin.display(description="forget the failures")
    def act(self, attempt: AccessAttempt) -> str:
        url = reverse("admin:axes_accessattempt_unlock", args=[attempt.pk])
        buttons = [
            format_html(
                '<button class="step" formaction="{}?{}">Of the {}</button> ',
                url,
                urlencode({"of": kind}),
                kind,
            )
            for kind in attempts.KINDS
            if attempts.value(attempt, kind)
        ]
        return format_html("{}" * len(buttons), *buttons)

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.unlock_view))
        own = path("<int:pk>/unlock/", view, name="axes_accessattempt_unlock")
        return [own, *super().get_urls()]

    def unlock_view(self, request, pk):
        if not request.user.has_perm("axes.unlock_accessattempt"):
            raise PermissionDenied
        kind = request.GET.get("of")
        attempt = AccessAttempt.objects.filter(pk=pk).first()
        if attempt is None or kind not in attempts.KINDS:
            raise Http404
        attempts.unlock(attempt, kind, by=request.user)
        sentence = f"The failed sign-ins of this {kind} are forgotten: it isn't locked out."
        self.message_user(request, sentence, messages.SUCCESS)
        return redirect("admin:axes_accessattempt_changelist")


def moment(at) -> str:
    return date_format(timezone.localtime(at), "D j M, H:i")
