"""What this machine knows without the database: its disk, and the cache that is shared."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from clinic.cache import shared_cache
from clinic.operations.disk import disk


class MachineCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        cache = shared_cache()
        yield GaugeMetricFamily(
            "clinic_cache_up",
            "Does the shared cache answer? 1, too, where each process has its own.",
            value=1 if cache is None or cache.answers() else 0,
        )
        found = disk()
        yield GaugeMetricFamily(
            "clinic_disk_size_bytes",
            "The disk on which this server keeps documents.",
            value=found.size_bytes,
        )
        yield GaugeMetricFamily(
            "clinic_disk_free_bytes", "What is free of it.", value=found.free_bytes
        )
        yield GaugeMetricFamily(
            "clinic_disk_writable", "Can it be written?", value=1 if found.is_writable else 0
        )
