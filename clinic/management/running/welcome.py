"""What is said once the clinic is open: what is where, and who may sign in."""

from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts.models import User
from clinic.management.running.ground import HOST

PAGES = {
    "/": "the clinic's public page",
    "/register/": "patients register here",
    "/sign-in/": "patients sign in",
    "/admin/": "the staff console",
    "/docs": "the API, to try it out",
    "/redoc": "the API, to read",
    "/openapi.json": "the API, for programs",
}
DEMO_LOG_INS = [f"{name}@clinic.example" for name in ("admin", "reception", "doctor", "patient")]


def welcome_text(port: int) -> str:
    lines = ["", f"{settings.CLINIC_NAME} is open."]
    lines += [f"  http://{HOST}:{port}{path:<15}{what}" for path, what in PAGES.items()]
    demo = User.objects.filter(email__in=DEMO_LOG_INS).order_by("email")
    if demo:
        lines += ["", f"Sign in with the password {settings.DEMO_PASSWORD} as"]
        lines += [f"  {user.email:<26}{user.get_role_display()}" for user in demo]
    else:
        lines += ["", "Nobody can sign in yet: `manage.py createsuperuser` makes an account."]
    if folder := getattr(settings, "EMAIL_FILE_PATH", None):
        lines += ["", f"Mails are files in {shown_path(Path(folder))}"]
    connection.close()
    return "\n".join([*lines, "", "Ctrl-C ends it.", ""])


def shown_path(path: Path) -> str:
    """The path as seen from where the command was started, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
