"""The console's page of accounts, which knows the patients behind some of them."""

from django.contrib import admin

from accounts.admin.users import UserAdmin
from accounts.models import User
from patients import services

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    def change_account(self, account: User, by: User) -> None:
        services.change_account(account, by)
