#!/usr/bin/env python
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    from django.core.management import execute_from_command_line

    from clinic.history import at_work

    with at_work("command", " ".join(sys.argv[1:2])):
        execute_from_command_line(sys.argv)
