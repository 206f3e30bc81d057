"""What goes wrong at night, while people work: `python -m tests.faults`.

Production on loopback (web server, job worker, PostgreSQL, Redis, an SMTP server), clients that
book all the time, and one fault after the other. What each fault cost is told at its end; at the
end of all, whether everything that was acknowledged is there once.
"""
