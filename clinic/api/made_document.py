"""The OpenAPI document as it is handed out: made once for a process, and kept packed as well."""

import gzip
import hashlib
from dataclasses import dataclass
from threading import Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


@dataclass(frozen=True)
class MadeDocument:
    content: bytes
    packed: bytes  # With gzip.
    tag: str  # The same for both: a weak one.


class Maker:
    """Makes the document when it is first asked for. It is the same for everybody, and takes half
    a second of the processor; drf-spectacular makes one at a time, so others wait for it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.made: MadeDocument | None = None

    def document(self) -> MadeDocument:
        if self.made is None:
            with self.lock:
                self.made = self.made or make_document()
        return self.made


def make_document() -> MadeDocument:
    with translation.override(settings.LANGUAGE_CODE):
        schema = SchemaGenerator().get_schema(request=None, public=True)
        content = OpenApiJsonRenderer().render(schema, renderer_context={})
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    return MadeDocument(content, gzip.compress(content, mtime=0), tag)


MAKER = Maker()


@require_safe
def openapi_document(request: HttpRequest) -> HttpResponse:
    made = MAKER.document()
    response = get_conditional_response(request, etag=made.tag)
    if response is None:
        response = HttpResponse(made.content, OpenApiJsonRenderer.media_type)
        if takes_gzip(request):
            response.content, response["Content-Encoding"] = made.packed, "gzip"
    response["ETag"] = made.tag
    response["Cache-Control"] = "public, no-cache"  # A new release has another one.
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def takes_gzip(request: HttpRequest) -> bool:
    """Does the client take what is packed so? A weight of zero says that it does not."""
    for coding in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() in ("gzip", "*"):
            return not weight.strip().replace(" ", "").rstrip("0.").endswith("q=")
    return False
