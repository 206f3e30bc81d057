from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("password/reset/", views.request_reset, name="request_reset"),
    path("password/reset/sent/", views.reset_requested, name="reset_requested"),
    path("password/reset/confirm/", views.reset, name="reset"),
    path("password/change/", views.change_password, name="change_password"),
    path("verify-email/", views.verify_email, name="verify_email"),
    path("me/sign-ins/", views.own_sign_ins, name="sign_ins"),
]
