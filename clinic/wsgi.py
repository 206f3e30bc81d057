import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

from clinic.database import timeouts

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
application = get_wsgi_application()
timeouts.use_for_process(timeouts.for_web())

# What is loaded now stays as long as the process. The garbage collector needn't go through all of
# it again and again: with a big answer it did at every other request, for a tenth of a second.
resolve("/")  # Loads every view.
gc.collect()
gc.freeze()
