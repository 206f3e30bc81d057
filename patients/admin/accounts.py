"""The console's page of accounts, which knows the patients behind some of them."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html

from accounts.admin.users import UserAdmin
from accounts.models import User
from doctors.models import Doctor
from patients import services

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    def change_account(self, account: User, by: User) -> None:
        services.change_account(account, by)

    def save_model(self, request, obj, form, change):
        """A doctor's record goes with the account: say so, and lead to the visits ahead."""
        super().save_model(request, obj, form, change)
        doctor = Doctor.objects.filter(user=obj).first()
        if change and doctor is not None and "is_active" in form.changed_data:
            told = "{} takes appointments again."
            if not doctor.is_active:
                told = '{} is inactive now, too. <a href="{}">Visits ahead</a>'
            page = reverse("admin:doctors_doctor_ahead", args=[doctor.pk])
            self.message_user(request, format_html(told, doctor, page), messages.WARNING)
