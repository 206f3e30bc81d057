from django.urls import path

from accounts.views import factors, passkeys, passwords, sign_in_links, sign_ins, verification

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_ins.sign_in, name="sign_in"),
    path("sign-in/link/", sign_in_links.request_link, name="request_link"),
    path("sign-in/link/sent/", sign_in_links.link_requested, name="link_requested"),
    path("sign-in/link/open/", sign_in_links.sign_in_by_link, name="sign_in_by_link"),
    path("sign-in/code/", factors.sign_in_code, name="sign_in_code"),
    path("passkeys/options/", passkeys.passkey_options, name="passkey_options"),
    path("passkeys/sign-in/", passkeys.sign_in_by_passkey, name="passkey_sign_in"),
    path("sign-out/", sign_ins.sign_out, name="sign_out"),
    path("password/reset/", passwords.request_reset, name="request_reset"),
    path("password/reset/sent/", passwords.reset_requested, name="reset_requested"),
    path("password/reset/confirm/", passwords.reset, name="reset"),
    path("password/change/", passwords.change_password, name="change_password"),
    path("verify-email/", verification.verify_email, name="verify_email"),
    path("me/sign-ins/", sign_ins.own_sign_ins, name="sign_ins"),
    path("me/second-factor/", factors.own_factors, name="factors"),
    path("me/second-factor/app/", factors.set_up_app, name="set_up_app"),
    path("me/second-factor/app/remove/", factors.remove_app, name="remove_app"),
    path("me/second-factor/recovery-codes/", factors.new_codes, name="new_codes"),
    path("me/second-factor/passkeys/add/", passkeys.add_passkey, name="add_passkey"),
    path(
        "me/second-factor/passkeys/<uuid:passkey_id>/",
        passkeys.change_passkey,
        name="change_passkey",
    ),
]
