"""What a browser sends of a page's form that is left as it is."""

from html.parser import HTMLParser
from typing import Any


class Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.select = self.area = ""

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        name = given.get("name") or ""
        if tag == "form":
            self.forms.append({})
        elif not self.forms or (tag == "option" and not self.select):
            return
        elif tag == "input" and name:
            self.take_input(name, given)
        elif tag == "select":
            self.select = name
        elif tag == "option" and ("selected" in given or self.select not in self.forms[-1]):
            self.forms[-1][self.select] = given.get("value", "")
        elif tag == "textarea":
            self.area = name
            self.forms[-1][name] = ""

    def take_input(self, name, given):
        kind = given.get("type", "text")
        if kind in ("submit", "button", "file"):
            return
        if kind not in ("checkbox", "radio") or "checked" in given:
            self.forms[-1][name] = given.get("value", "on" if kind == "checkbox" else "")

    def handle_endtag(self, tag):
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""

    def handle_data(self, data):
        if self.area:
            self.forms[-1][self.area] += data.removeprefix("\n")


def form_data(response, name: str) -> dict[str, Any]:
    """The fields of the form that has a field of this name, as they would be sent."""
    parser = Forms()
    parser.feed(response.content.decode())
    return next(form for form in parser.forms if name in form)
