"""The compose file for more than one of everything, as far as it can be checked without Docker."""

import re

import pytest
import yaml
from django.conf import settings

ROOT = settings.BASE_DIR


class Compose(yaml.SafeLoader):
    """Knows Compose's own tag, by which an override takes away what the first file has."""


Compose.add_constructor("!reset", lambda loader, node: loader.construct_sequence(node))


def compose(name: str) -> dict:
    return yaml.load((ROOT / name).read_text(), Compose)  # It is a SafeLoader.


@pytest.fixture
def first() -> dict:
    return compose("docker-compose.yml")


@pytest.fixture
def scaled() -> dict:
    return compose("docker-compose.scale.yml")


def test_there_are_several_of_what_there_was_one(first, scaled):
    services = scaled["services"]

    assert set(services) - set(first["services"]) == {"pooler"}
    assert {
        name: one["deploy"]["replicas"] for name, one in services.items() if "deploy" in one
    } == {
        "web": 3,
        "worker": 2,
    }
    assert "ports" not in first["services"]["web"]  # Three can't have one port of the machine.
    for service in services.values():
        after = set(service.get("depends_on", ()))
        assert after <= set(services) | set(first["services"])


def test_web_servers_go_through_the_pooler_and_workers_past_it(first, scaled):
    pooler = scaled["services"]["pooler"]["environment"]
    web = scaled["services"]["web"]["environment"]
    database = first["services"]["database"]["environment"]
    clinic = first["services"]["web"]["environment"]

    assert pooler["DB_NAME"] == database["POSTGRES_DB"]
    assert f"//{pooler['DB_USER']}@" in clinic["DATABASE_URL"]
    assert pooler["DB_USER"] != database["POSTGRES_USER"]
    assert pooler["POOL_MODE"] == "transaction"
    where = f"@pooler:{pooler['LISTEN_PORT']}/{pooler['DB_NAME']}"
    assert web["DATABASE_URL"] == f"postgres://{pooler['DB_USER']}{where}"
    assert (web["DATABASE_POOLER"], web["DATABASE_PREPARED"]) == ("1", "0")
    assert "environment" not in scaled["services"]["worker"]
    known = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(web) <= known


def test_the_proxy_asks_the_next_server_and_is_the_one_that_is_trusted(first):
    (network,) = first["networks"]["default"]["ipam"]["config"]
    proxy = first["services"]["proxy"]
    caddyfile = (ROOT / first["configs"]["proxy"]["file"]).read_text()

    trusted = first["services"]["web"]["environment"]["TRUSTED_PROXIES"]
    assert trusted == f"${{TRUSTED_PROXIES:-{network['subnet']}}}"
    assert proxy["configs"][0]["source"] in first["configs"]
    assert "lb_try_duration" in caddyfile
    assert set(re.findall(r"\{\$([A-Z_]+)\}", caddyfile)) == set(proxy["environment"])
