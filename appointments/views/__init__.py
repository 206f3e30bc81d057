"""The patients' own pages that show appointments."""

from appointments.views.download import download

__all__ = ["download"]
