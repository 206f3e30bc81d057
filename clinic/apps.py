from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = "Operation"


class ClinicAdminConfig(AdminConfig):
    """Django's admin with the clinic's own site behind `admin.site`."""

    default_site = "accounts.console.StaffSite"
