from django.urls import path

from accounts.views import accounts

app_name = "accounts"
urlpatterns = [
    path("sign-in/", accounts.sign_in, name="sign_in"),
    path("sign-out/", accounts.sign_out, name="sign_out"),
    path("password/reset/", accounts.request_reset, name="request_reset"),
    path("password/reset/sent/", accounts.reset_requested, name="reset_requested"),
    path("password/reset/confirm/", accounts.reset, name="reset"),
    path("password/change/", accounts.change_password, name="change_password"),
    path("verify-email/", accounts.verify_email, name="verify_email"),
    path("me/sign-ins/", accounts.own_sign_ins, name="sign_ins"),
]
