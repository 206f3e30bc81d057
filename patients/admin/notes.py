"""The console's pages of notes on a patient."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from clinic.console.small_forms import small_form
from clinic.web.views import sent
from patients import services
from patients.admin.one_patient import OnePatient
from patients.forms.notes import NoteForm
from patients.models import Note, Patient

WRITE, MARK = "patients.add_note", "patients.change_note"


class NotePages(OnePatient):
    """An admin of patients, on whom staff write notes for each other."""

    def get_urls(self):
        inside = self.admin_site.admin_view
        write = require_http_methods(["GET", "HEAD", "POST"])(self.note_view)
        mark = require_POST(self.note_board_view)
        return [
            path("<uuid:patient_id>/notes/", inside(write), name="patients_patient_note"),
            path(
                "<uuid:patient_id>/notes/<uuid:note_id>/board/",
                inside(mark),
                name="patients_patient_note_board",
            ),
            *super().get_urls(),
        ]

    def note_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        patient = self.patient_of(request, patient_id, WRITE)
        note = Note(patient=patient)
        form = NoteForm(sent(request), instance=note)
        self.note_shown(request, [patient])
        context = self.admin_site.each_context(request) | {
            "title": "New note",
            "opts": self.opts,
            "headline": self.headline(patient),
            "submit": "Add the note",
            "done": f"The note on {patient} is kept.",
            "back": notes_of(patient),
        }
        return small_form(request, form, lambda: services.add_note(note, by=request.user), context)

    def note_board_view(self, request: HttpRequest, patient_id, note_id) -> HttpResponse:
        patient = self.patient_of(request, patient_id, MARK)
        notes = Note.objects.visible_to(request.user).filter(patient=patient)
        note = get_object_or_404(notes, pk=note_id)
        shown = request.POST.get("shown") == "1"
        services.show_on_board(note, shown, by=request.user)
        done = "The board shows the note." if shown else "The board shows the note no more."
        self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(notes_of(patient))


def notes_of(patient: Patient) -> str:
    return reverse("admin:patients_patient_change", args=[patient.pk]) + "#record-notes"
