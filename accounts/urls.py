from django.urls import path

from accounts.views import passwords, sign_ins, verification

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_ins.sign_in, name="sign_in"),
    path("sign-out/", sign_ins.sign_out, name="sign_out"),
    path("password/reset/", passwords.request_reset, name="request_reset"),
    path("password/reset/sent/", passwords.reset_requested, name="reset_requested"),
    path("password/reset/confirm/", passwords.reset, name="reset"),
    path("password/change/", passwords.change_password, name="change_password"),
    path("verify-email/", verification.verify_email, name="verify_email"),
    path("me/sign-ins/", sign_ins.own_sign_ins, name="sign_ins"),
]
