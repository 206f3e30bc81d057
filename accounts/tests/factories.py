import factory
from django.contrib.auth.hashers import make_password

from accounts.models import User
from accounts.roles import Role

PASSWORD = "Correct-horse-9"
HASHED_PASSWORD = make_password(PASSWORD)  # Once: the real hasher takes its time.


class UserFactory(factory.django.DjangoModelFactory):
    """A receptionist, unless another role is asked for. The password is `PASSWORD`."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@clinic.example")
    password = HASHED_PASSWORD
    first_name = "Robin"
    last_name = "Meyer"
    role = Role.RECEPTIONIST
