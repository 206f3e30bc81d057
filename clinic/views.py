from django.shortcuts import render


def csrf_failure(request, reason=""):
    return render(request, "403_csrf.html", status=403)


def home(request):
    return render(request, "home.html")


def privacy(request):
    return render(request, "privacy.html")
