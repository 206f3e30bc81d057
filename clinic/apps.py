from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from clinic.operations import deploy_checks as deploy_checks  # They register themselves.


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "Operation"


class ClinicAdminConfig(AdminConfig):
    """Django's admin with the clinic's own site behind `admin.site`."""

    default_site = "accounts.admin.site.StaffSite"

    def ready(self):
        # Loaded before any page registers itself: the site would come to be twice otherwise.
        import_module("accounts.admin.site")
        super().ready()
