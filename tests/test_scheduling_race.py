"""Duels over one time, one visit or one offer: whoever is faster, what is left is right."""

import os

import pytest

from tests import duel, duels, duels_api, duels_offered, duels_rooms, duels_series

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.walk]

THROUGH_SERVICES = duels.SERVICE | duels_offered.OFFERED | duels_rooms.ROOMS | duels_series.SERIES
ROUNDS = int(os.environ.get("RACE_ROUNDS", "6"))


@pytest.mark.parametrize("scenario", THROUGH_SERVICES)
def test_duel_through_the_service(scenario):
    tally = duel.run(THROUGH_SERVICES[scenario], ROUNDS)

    assert tally.faults == []
    assert tally.rounds == ROUNDS


def test_duels_through_a_running_server(served):
    scenarios = duels_api.Api(served).scenarios()
    tallies = {name: duel.run(one, ROUNDS) for name, one in scenarios.items()}

    assert [fault for tally in tallies.values() for fault in tally.faults] == []
    assert {tally.rounds for tally in tallies.values()} == {ROUNDS}
