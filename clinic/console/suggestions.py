from collections.abc import Sequence

from django.contrib.admin.widgets import AdminTextInputWidget


class SuggestedInput(AdminTextInputWidget):
    """A line of text with a list of what is usually written there."""

    template_name = "admin/widgets/suggested.html"

    def __init__(self, suggestions: Sequence[str], attrs=None):
        super().__init__(attrs)
        self.suggestions = suggestions

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        own = context["widget"]
        own["attrs"]["list"] = f"suggestions-{name}"
        return context | {"suggestions": self.suggestions}
