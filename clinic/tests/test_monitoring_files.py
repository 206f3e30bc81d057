"""Alert rules and dashboard ask for figures that `/metrics` has, by labels that they have."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from django.conf import settings as project
from prometheus_client.parser import text_string_to_metric_families

from clinic.metrics.requests import process_gauges

FOLDER = project.BASE_DIR / "docs" / "monitoring"
TOKEN = "a-token-of-the-tests-0123456789"
ENDINGS = ("_total", "_bucket", "_sum", "_count")
SELECTED = re.compile(r"\b(clinic_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
# Labels that Prometheus adds to what it scrapes, or that histograms have.
OTHERS = {"job", "instance", "le"}


def rules() -> list[dict]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    return group["rules"]


def panels() -> list[dict]:
    return json.loads((FOLDER / "grafana.json").read_text())["panels"]


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


@pytest.fixture
def known(client, settings) -> dict[str, set[str]]:
    """Every figure of `/metrics`, and the labels that it has."""
    settings.METRICS_TOKEN = TOKEN
    process_gauges().pool.labels("free").set(0)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
    client.get("/metrics", **headers)  # The second time, this request has been counted.
    text = client.get("/metrics", **headers).content.decode()
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.django_db
def test_every_figure_that_is_asked_for_exists(known):
    asked = set()
    for expression in expressions():
        selected = SELECTED.findall(expression)
        names = set(re.findall(r"\bclinic_\w+", expression))
        assert names == {name for name, _ in selected}, f"without job: {expression}"
        labels = {label for _, inside in selected for label in re.findall(r"(\w+)\s*[=!]", inside)}
        labels |= {
            one.strip() for inside in GROUPED.findall(expression) for one in inside.split(",")
        }
        for name in names:
            assert name in known, expression
        assert labels - OTHERS <= set().union(*(known[name] for name in names)), expression
        asked |= names
    # And what there is, is shown somewhere: but for when a counter began, and its bare sums.
    shown = {name.removesuffix(ending) for name in asked for ending in ("", *ENDINGS)}
    bare = {re.sub(f"({'|'.join(ENDINGS)})$", "", name) for name in known}
    assert {name for name in bare if not name.endswith("_created")} <= shown


def test_alerts_are_whole_and_their_brackets_close():
    names = [rule["alert"] for rule in rules()]

    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
        assert rule["expr"].count("{{") == 0
    for expression in expressions():
        for opening, closing in ("()", "{}", "[]"):
            assert expression.count(opening) == expression.count(closing), expression


def test_panels_stand_beside_each_other():
    places = set()
    for panel in panels():
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        places |= {(at["x"] + column, at["y"]) for column in range(at["w"])}
    assert len(places) == sum(panel["gridPos"]["w"] for panel in panels())
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_prometheus_reads_the_rules():
    configured = yaml.safe_load((FOLDER / "prometheus.yml").read_text())

    assert [(FOLDER / name).exists() for name in configured["rule_files"]] == [True]
    assert [one["job_name"] for one in configured["scrape_configs"]] == ["clinic"]
