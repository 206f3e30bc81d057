"""A photo on its way to whoever may see it."""

from csp.constants import UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

from patients.models import IdentityDocument
from patients.photos.small import small_photo


def photo_answer(request: HttpRequest, document: IdentityDocument) -> HttpResponse:
    """The photo, or where the address ends in `?small` its small copy. Whoever calls this has
    asked whether it may be seen, and has noted that it was."""
    small = small_photo(str(document.file.name)) if "small" in request.GET else b""
    if small:
        response = HttpResponse(small, content_type="image/jpeg")
    else:
        with document.file.open() as file:
            response = HttpResponse(file.read(), content_type=document.content_type)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    # Browsers fit a picture to the window by a style of their own.
    response._csp_update = {"style-src": [UNSAFE_INLINE]}  # type: ignore[attr-defined]
    return response
