"""The demo clinic: people, calendars and visits, made up anew from one number.

Every random choice is drawn from `Plan.rng()`, every instant is derived from the plan's day:
the same plan makes the same rows, ids included, whatever ran before in the process.
"""
