"""All settings of the project, read from the environment (see `.env.example`).

Development needs none of them. With `DEBUG` off the project refuses to start on anything
that is only good enough for a developer's machine.
"""

from clinic.settings.api import *
from clinic.settings.applications import *
from clinic.settings.basis import *
from clinic.settings.database import *
from clinic.settings.files import *
from clinic.settings.languages import *
from clinic.settings.messages import *
from clinic.settings.privacy import *
from clinic.settings.safety import refuse_unsafe_production, refuse_wrong_values
from clinic.settings.signing_in import *
from clinic.settings.visits import *
from clinic.settings.watching import *
from clinic.settings.web import *

refuse_wrong_values()
if not DEBUG:
    refuse_unsafe_production()
