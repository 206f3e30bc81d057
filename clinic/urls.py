"""Every door of the clinic on one page."""

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView

from accounts.api.auth import AuthViewSet, SignInViewSet
from accounts.api.passwords import PasswordViewSet
from accounts.api.step_up import StepUpViewSet
from appointments.admin import series
from appointments.admin.board import page, walk_in
from appointments.admin.deceased import deceased_page
from appointments.admin.statistics.views import statistics_file, statistics_view
from appointments.api.absences import ClosureViewSet, TimeOffViewSet
from appointments.api.appointments import AppointmentViewSet
from appointments.api.export import PatientExportViewSet
from appointments.api.feeds import CalendarFeedViewSet, InviteViewSet
from appointments.api.metrics import ClinicMetricsViewSet
from appointments.api.outages import OutageViewSet
from appointments.api.series import AppointmentSeriesViewSet
from appointments.api.sessions import GroupSessionViewSet
from appointments.api.slots import SlotViewSet
from appointments.api.waitlist import WaitlistViewSet
from clinic.api.made_document import openapi_document
from clinic.api.routes import route
from clinic.metrics.requests import UNMATCHED
from clinic.operations.health import HealthViewSet
from clinic.operations.page import operation_view
from clinic.web import handlers, views
from doctors.admin.offer import offer_view
from doctors.api.catalogue import LocationViewSet, ServiceViewSet
from doctors.api.doctors import DoctorViewSet, StaffViewSet
from doctors.api.hours import ExtraHoursViewSet, WorkingHoursViewSet
from doctors.api.resources import ResourceViewSet
from patients.admin.approvals.page import approvals_view
from patients.admin.emergencies import emergency_view
from patients.api.access_log import PatientAccessViewSet
from patients.api.accounts import PatientAccountViewSet, ProfileViewSet
from patients.api.emergencies import EmergencyViewSet
from patients.api.patients import DoctorPatientsViewSet, PatientViewSet
from patients.api.related import DependantViewSet, RelatedPersonViewSet

# Also in here, first what is asked most.
api = [
    route("appointments", AppointmentViewSet, get="list", post="create"),
    route("appointments/<id>", AppointmentViewSet, get="retrieve"),
    route("patients", PatientViewSet, get="list", post="create"),
    route(
        "patients/<id>",
        PatientViewSet,
        get="retrieve",
        put="update",
        patch="partial_update",
        delete="destroy",
    ),
    route("appointments/<id>/reschedule", AppointmentViewSet, post="reschedule"),
    route("appointments/<id>/cancel", AppointmentViewSet, post="cancel"),
    route("appointments/<id>/check-in", AppointmentViewSet, post="check_in"),
    route("appointments/<id>/start", AppointmentViewSet, post="start"),
    route("appointments/<id>/fulfill", AppointmentViewSet, post="fulfill"),
    route("appointments/<id>/no-show", AppointmentViewSet, post="no_show"),
    route("appointments/<id>/invite.ics", InviteViewSet, get="retrieve"),
    route("group-sessions", GroupSessionViewSet, get="list", post="create"),
    route("group-sessions/<id>", GroupSessionViewSet, get="retrieve", patch="partial_update"),
    route("group-sessions/<id>/reschedule", GroupSessionViewSet, post="reschedule"),
    route("group-sessions/<id>/cancel", GroupSessionViewSet, post="cancel"),
    route("group-sessions/<id>/participants", GroupSessionViewSet, post="add"),
    route(
        "group-sessions/<id>/participants/<appointment_id>", GroupSessionViewSet, delete="remove"
    ),
    route("clinic", HealthViewSet, get="clinic"),
    route("auth/login", AuthViewSet, post="login"),
    route("auth/refresh", AuthViewSet, post="refresh"),
    route("auth/logout", AuthViewSet, post="logout"),
    route("auth/me", AuthViewSet, get="me"),
    route("auth/password/change", PasswordViewSet, post="change"),
    route("auth/password/reset", PasswordViewSet, post="reset"),
    route("auth/password/reset/confirm", PasswordViewSet, post="confirm_reset"),
    route("auth/step-up", StepUpViewSet, post="create"),
    route("auth/sign-ins", SignInViewSet, get="list", delete="destroy_others"),
    route("auth/sign-ins/<id>", SignInViewSet, delete="destroy"),
    route("auth/register", StaffViewSet, post="register"),
    route("provider/register", StaffViewSet, post="apply"),
    route("patient/register", PatientAccountViewSet, post="register"),
    route("patient/claim", PatientAccountViewSet, post="claim"),
    route("patient/login", PatientAccountViewSet, post="login"),
    route("patient/verify-email", PatientAccountViewSet, post="verify_email"),
    route("patient/resend-verification", PatientAccountViewSet, post="resend_verification"),
    route("patient/send-phone-code", PatientAccountViewSet, post="send_phone_code"),
    route("patient/verify-phone", PatientAccountViewSet, post="verify_phone"),
    route("patient/dependants", DependantViewSet, post="create"),
    route("patient/profile/<id>", ProfileViewSet, get="retrieve", patch="partial_update"),
    route("patient/profile/<id>/export", PatientExportViewSet, get="retrieve"),
    route("patients/<id>/access-log", PatientAccessViewSet, get="list"),
    route("patients/<id>/invite", PatientViewSet, post="invite"),
    route("patients/<id>/related-persons", RelatedPersonViewSet, get="list", post="create"),
    route(
        "patients/<id>/related-persons/<related_id>",
        RelatedPersonViewSet,
        get="retrieve",
        patch="partial_update",
        delete="destroy",
    ),
    route("emergency-accesses", EmergencyViewSet, get="list", post="create"),
    route("emergency-accesses/<id>", EmergencyViewSet, get="retrieve"),
    route("emergency-accesses/<id>/end", EmergencyViewSet, post="end"),
    route("emergency-accesses/<id>/review", EmergencyViewSet, post="review"),
    route("patients/<id>/document", PatientViewSet, get="document", put="replace_document"),
    route("doctors", DoctorViewSet, get="list", post="create"),
    route(
        "doctors/<id>",
        DoctorViewSet,
        get="retrieve",
        put="update",
        patch="partial_update",
        delete="destroy",
    ),
    route("doctors/<id>/approve", DoctorViewSet, post="approve"),
    route("doctors/<id>/patients", DoctorPatientsViewSet, get="list"),
    route("doctors/<id>/patients/<patient_id>", DoctorPatientsViewSet, post="assign", delete="end"),
    route("doctors/<id>/working-hours", WorkingHoursViewSet, get="list", put="replace"),
    route("doctors/<id>/extra-hours", ExtraHoursViewSet, get="list", post="create"),
    route(
        "doctors/<id>/extra-hours/<extra_hours_id>",
        ExtraHoursViewSet,
        get="retrieve",
        delete="destroy",
    ),
    route("doctors/<id>/time-off", TimeOffViewSet, get="list", post="create"),
    route("doctors/<id>/time-off/<time_off_id>", TimeOffViewSet, get="retrieve", delete="destroy"),
    route("doctors/<id>/slots", SlotViewSet, get="of_doctor"),
    route("doctors/<id>/calendar.ics", CalendarFeedViewSet, get="retrieve"),
    route("doctors/<id>/calendar-token", CalendarFeedViewSet, post="renew", delete="revoke"),
    route("slots", SlotViewSet, get="of_all"),
    *(
        each
        for name, view in (
            ("services", ServiceViewSet),
            ("locations", LocationViewSet),
            ("resources", ResourceViewSet),
        )
        for each in (
            route(name, view, get="list", post="create"),
            route(
                f"{name}/<id>",
                view,
                get="retrieve",
                put="update",
                patch="partial_update",
                delete="destroy",
            ),
        )
    ),
    route("resources/<id>/out-of-service", OutageViewSet, get="list", post="create"),
    route(
        "resources/<id>/out-of-service/<period_id>", OutageViewSet, get="retrieve", delete="destroy"
    ),
    route("closures", ClosureViewSet, get="list", post="create"),
    route("closures/<id>", ClosureViewSet, get="retrieve", delete="destroy"),
    route("appointment-series", AppointmentSeriesViewSet, post="create"),
    route("appointment-series/preview", AppointmentSeriesViewSet, post="preview"),
    route("appointment-series/<id>", AppointmentSeriesViewSet, get="retrieve"),
    route("appointment-series/<id>/cancel", AppointmentSeriesViewSet, post="cancel"),
    route("appointment-series/<id>/reschedule", AppointmentSeriesViewSet, post="reschedule"),
    route("waitlist", WaitlistViewSet, get="list", post="create"),
    route("waitlist/<id>", WaitlistViewSet, get="retrieve", delete="destroy"),
    route("waitlist/<id>/accept", WaitlistViewSet, post="accept"),
    route("waitlist/<id>/decline", WaitlistViewSet, post="decline"),
]

# Redoc writes its style into the page as it runs, and searches in a worker.
redoc = csp_update({"style-src": [UNSAFE_INLINE], "worker-src": ["blob:"]})(
    SpectacularRedocView.as_view()
)

urlpatterns = [
    # First what is asked most: patterns are tried in order.
    path("api/v1/", include(api)),
    re_path(r"^api(?:/[\s\S]*)?\Z", handlers.unknown_route, name=UNMATCHED),
    route("health", HealthViewSet, get="health"),
    route("livez", HealthViewSet, get="live"),
    route("readyz", HealthViewSet, get="ready"),
    path("", views.clinic_home, name="home"),
    path("privacy/", views.privacy, name="privacy"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("", include("accounts.urls")),
    path("", include("patients.urls")),
    path("", include("appointments.urls")),
    path("admin/statistics/", statistics_view, name="statistics"),
    path("admin/statistics/<slug:key>/csv/", statistics_file, name="statistics_file"),
    path("admin/", page.board, name="board"),
    path("admin/board/", page.live, name="board_live"),
    path("admin/walk-in/", walk_in.walk_in, name="walk_in"),
    path("admin/series/repeat/", series.repeat_visit, name="repeat_visit"),
    path("admin/series/<uuid:series_id>/", series.series_page, name="series"),
    path("admin/day-sheet/", page.day_sheet, name="day_sheet"),
    path(
        "admin/patients/patient/<uuid:patient_id>/deceased/",
        admin.site.admin_view(deceased_page),
        name="patient_deceased",
    ),
    path("admin/calendar/", include("appointments.admin.calendar.views")),
    path("admin/emergency/", admin.site.admin_view(emergency_view), name="emergency"),
    path("admin/approvals/", admin.site.admin_view(approvals_view), name="approvals"),
    path("admin/offer/", admin.site.admin_view(offer_view), name="offer"),
    path("admin/operation/", operation_view, name="operation"),
    path("admin/", admin.site.urls),
    route("metrics", ClinicMetricsViewSet, get="metrics"),
    re_path(r"^openapi\.json/?$", openapi_document, name="schema"),
    re_path(r"^docs/?$", SpectacularSwaggerSplitView.as_view(), name="docs"),
    re_path(r"^redoc/?$", redoc, name="redoc"),
]

handler400 = handlers.bad_request
handler403 = handlers.permission_denied
handler404 = handlers.not_found
handler500 = handlers.server_error
