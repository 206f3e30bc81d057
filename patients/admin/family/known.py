"""A phone or address that is somebody's already is no dead end: whose it is, and four ways on."""

from dataclasses import dataclass, field

from django.http import HttpRequest, QueryDict

from clinic import languages
from clinic.console.parts import ServiceAdmin
from clinic.errors import UNIQUE
from clinic.text import as_uuid
from patients import services
from patients.models import Patient, RelatedPerson
from patients.models.constraints import CONTACTS
from patients.models.patients import ADDRESS

Relationship = RelatedPerson.Relationship
WORDS = {"email": "e-mail address", "phone": "phone number"}
RELATE = "patients.add_relatedperson"
THROUGH, SAME_FAMILY = "through", "family"  # What the form's buttons are called.


@dataclass
class Owner:
    """Somebody whose phone or address was typed for another patient."""

    patient: Patient
    fields: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return " and ".join(WORDS[name] for name in self.fields)

    @property
    def value(self) -> str:
        """What the buttons send: the key, and the contacts that are given up."""
        return " ".join([str(self.patient.pk), *self.fields])


class KnownContacts(ServiceAdmin):
    """An admin of patients, some of whom are reached through others."""

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        request.through = None
        if request.method == "POST" and request.user.has_perm(RELATE):
            self.take_choice(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def take_choice(self, request: HttpRequest) -> None:
        """Note through whom the patient is to be reached, and give up the contacts that are that
        person's; as the same family, what was left empty is theirs."""
        chosen = request.POST.get(SAME_FAMILY) or request.POST.get(THROUGH) or ""
        key, *given_up = chosen.split()[:3] or [""]
        uuid = as_uuid(key)
        person = self.get_queryset(request).filter(pk=uuid).first() if uuid else None
        if person is None:
            return
        data = request.POST.copy()
        for name in set(given_up) & {*CONTACTS}:
            data[name] = ""
        if request.POST.get(SAME_FAMILY):
            fill_in(data, person)
        request.POST = data
        request.through = person

    def relationship_chosen(self, request: HttpRequest) -> str:
        return request.POST.get(f"relationship-{request.through.pk}", Relationship.OTHER)

    def about_to_be_related(self, request: HttpRequest) -> list[Patient]:
        return [request.through] if request.through else []

    def save_with_family(self, request: HttpRequest, patient: Patient, photo, change: bool) -> None:
        by = request.user
        if request.through is None:
            if change:
                services.change(patient, by=by)
            else:
                services.register(patient, photo, by=by)
            return
        chosen = self.relationship_chosen(request)
        relation = services.desk_relation(patient, request.through, chosen)
        if change:
            services.change_and_relate(patient, relation, by=by)
        else:
            services.register_relative(patient, relation, photo, by=by)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        form = context["adminform"].form
        owners = self.owners(request, form)
        usual = usual_relationship(form.instance) if owners or request.through else ""
        context |= {
            "owners": owners,
            "through": request.through,
            "relationships": Relationship.choices,
            "relationship": self.relationship_chosen(request) if request.through else usual,
            "may_relate": request.user.has_perm(RELATE),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def owners(self, request: HttpRequest, form) -> list[Owner]:
        """Whose contacts were typed, each once, whatever else is wrong with the form."""
        found: dict = {}
        for name in CONTACTS if form.errors else ():
            is_known = any(fault.code == UNIQUE for fault in form.errors.as_data().get(name, []))
            value = getattr(form.instance, name)
            if not value or not (is_known or form.cleaned_data.get(name)):
                continue
            known = self.get_queryset(request).filter(**{name: value})
            for patient in known.exclude(pk=form.instance.pk):
                found.setdefault(patient.pk, Owner(patient)).fields.append(name)
        request.owners = [owner.patient for owner in found.values()]
        return list(found.values())

    def note_page(self, request, record) -> None:
        super().note_page(request, record)
        if owners := getattr(request, "owners", []):
            self.note_shown(request, owners)


def fill_in(data: QueryDict, person: Patient) -> None:
    """What was typed stays; an address is one thing."""
    has_address = any(data.get(name, "").strip() for name in ("street", "zip", "city"))
    for name, value in services.family_values(person).items():
        typed = data.get(name, "").strip()
        is_usual = name == "language" and typed == languages.own()
        if not has_address if name in ADDRESS else not typed or is_usual:
            data[name] = str(value or "")


def usual_relationship(patient: Patient) -> str:
    """A minor's mother or father, most likely; of others nobody knows."""
    return Relationship.PARENT if services.is_minor(patient) else Relationship.OTHER
