"""JSON of the API's answers: the bytes that REST framework makes, in a fraction of its time."""

from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

# What orjson would write in its own way is left to REST framework's encoder.
OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
# Line ends in JavaScript, though none in JSON.
ESCAPED = {"\u2028": rb"\u2028", "\u2029": rb"\u2029"}

encode_other = JSONEncoder().default


class QuickRenderer(JSONRenderer):
    """Whatever orjson refuses (a key that is no text, a number beyond 64 bits) and what is asked
    for with an indent takes the long way. Answers hold no fractions, of which the two differ in
    how they write the smallest and the largest."""

    def render(self, data, accepted_media_type=None, renderer_context=None) -> bytes:
        if data is None or self.get_indent(accepted_media_type, renderer_context or {}):
            return super().render(data, accepted_media_type, renderer_context)
        try:
            return quick_json(data)
        except TypeError:
            return super().render(data, accepted_media_type, renderer_context)


def quick_json(data: Any) -> bytes:
    """Raises TypeError for what orjson refuses."""
    content = orjson.dumps(data, default=encode_other, option=OPTIONS)
    for character, escaped in ESCAPED.items():
        content = content.replace(character.encode(), escaped)
    return content
