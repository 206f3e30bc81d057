"""The web server of production and of `manage.py run`.

`master` loads the clinic, holds the port, forks what serves and follows it; `worker` is one of the
processes that serve, by granian and Django's threads.
"""
