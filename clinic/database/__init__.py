"""PostgreSQL as Django's database, with bounds on what is waited for: `ENGINE = "clinic.database"`.

`timeouts` says how long a statement may wait and run, `pool` what happens while no connection can
be had.
"""
