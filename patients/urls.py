from django.urls import path

from patients.views import claiming, languages, own, people, registration, whose

app_name = "patients"
urlpatterns = [
    path("register/", registration.register_patient, name="register"),
    path("register/done/", registration.registered, name="registered"),
    path("claim/", claiming.claim_account, name="claim"),
    path("claim/ask/", claiming.ask, name="ask"),
    path("claim/ask/sent/", claiming.asked, name="asked"),
    path("me/resend-verification/", own.resend_verification, name="resend_verification"),
    path("me/email/resend/", own.resend_email_change, name="resend_email_change"),
    path("me/email/cancel/", own.cancel_email_change, name="cancel_email_change"),
    path("confirm-email/", own.confirm_email, name="confirm_email"),
    path("me/phone/send-code/", own.send_phone_code, name="send_phone_code"),
    path("me/phone/", own.verify_phone, name="verify_phone"),
    path("me/profile/", own.profile, name="profile"),
    path("me/consent/", own.consent, name="consent"),
    path("me/profile/change/", own.change_contact, name="change_contact"),
    path("me/photo/", own.photo, name="photo"),
    path("me/photo/replace/", own.replace_photo, name="replace_photo"),
    path("language/", languages.choose_language, name="choose_language"),
    path("me/access/", own.access, name="access"),
    path("me/whose/", whose.choose_whose, name="choose_whose"),
    path("me/people/", people.people, name="people"),
    path("me/people/add/", people.add_person, name="add_person"),
    path("me/people/<uuid:relation_id>/withdraw/", people.withdraw_person, name="withdraw_person"),
]
