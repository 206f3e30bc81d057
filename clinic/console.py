from django.contrib.admin import AdminSite


class ClinicAdminSite(AdminSite):
    """The staff console: Django's admin under the clinic's name."""

    site_header = site_title = "Clinic"
