"""How the clinic runs, in figures for Prometheus: requests by route, jobs, mails, connections.

All of it is of few and fixed labels: routes as they are written in `clinic.urls`, never addresses;
no figure is about a person.
"""
