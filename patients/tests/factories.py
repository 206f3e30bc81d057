import factory

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from patients.models import CareAssignment, Patient, RelatedPerson


class PatientFactory(factory.django.DjangoModelFactory):
    """A patient without an account. `PatientFactory(with_account=True)` has one."""

    class Meta:
        model = Patient

    class Params:
        with_account = factory.Trait(
            user=factory.SubFactory(
                UserFactory, role=Role.PATIENT, email=factory.SelfAttribute("..email")
            )
        )

    first_name = "Ada"
    last_name = factory.Sequence(lambda n: f"Lovelace{n}")
    email = factory.Sequence(lambda n: f"patient{n}@mail.example")
    phone = factory.Sequence(lambda n: f"+4915112{n:06d}")


class CareAssignmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CareAssignment


class RelatedPersonFactory(factory.django.DjangoModelFactory):
    """The mother of a patient, who is a patient, too."""

    class Meta:
        model = RelatedPerson

    patient = factory.SubFactory(PatientFactory)
    related_patient = factory.SubFactory(PatientFactory)
    relationship = RelatedPerson.Relationship.PARENT
    gets_messages = True
