"""The operators' first page: is the machinery well, and what failed lately?"""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from procrastinate.contrib.django.models import ProcrastinateJob

from clinic.models import Notification
from clinic.operations import status

SHOWN = 10  # Rows of each kind that failed.


def show_operation(request: HttpRequest) -> HttpResponse:
    jobs = ProcrastinateJob.objects.filter(status="failed").order_by("-pk")
    mails = status.unsent().filter(status=Notification.Status.FAILED).order_by("-created_at")
    context = admin.site.each_context(request) | {
        "title": "System",
        "condition": status.condition(),
        "jobs": jobs[:SHOWN],
        "mails": mails[:SHOWN],
        "may_send_again": request.user.has_perm("clinic.resend_notification"),
    }
    request.current_app = admin.site.name
    return render(request, "admin/clinic/operation.html", context)


operation_view = admin.site.admin_view(
    require_safe(
        permission_required("procrastinate.view_procrastinatejob", raise_exception=True)(
            show_operation
        )
    )
)
