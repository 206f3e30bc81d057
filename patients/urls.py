from django.urls import path

from patients import views

app_name = "patients"
urlpatterns = [
    path("register/", views.register, name="register"),
    path("register/done/", views.registered, name="registered"),
]
