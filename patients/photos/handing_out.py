"""A photo on its way to whoever may see it."""

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse

from patients.models import IdentityDocument
from patients.photos.small import small_photo


@csp_update({"style-src": [UNSAFE_INLINE]})  # Browsers fit a picture to the window by a style.
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
    return response
