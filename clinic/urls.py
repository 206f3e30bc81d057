"""Every door of the clinic on one page."""

from django.contrib import admin
from django.urls import include, path

from clinic import views

urlpatterns = [
    path("", views.home, name="home"),
    path("privacy/", views.privacy, name="privacy"),
    path("", include("patients.urls")),
    path("admin/", admin.site.urls),
]
