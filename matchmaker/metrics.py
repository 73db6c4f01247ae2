"""Figures for a Prometheus collector, codes for labels and nobody's data.

What the work behind the pages does is read from the database at each scrape, so that any web process may be asked and
no worker needs a port. Requests are counted by each web process, in files that all of a box share: without
PROMETHEUS_MULTIPROC_DIR a scrape would tell of whichever process happened to answer, so they are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from matchmaker.queries import figures, health

REQUESTS = Histogram(
    "matchmaker_http_request_seconds",
    "Seconds until an answer was ready, by endpoint; its count is the number of requests.",
    ["endpoint", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=None,
)


def observe(endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count one request."""
    REQUESTS.labels(endpoint, method, str(status)).observe(seconds)


def exposition(session: Session, now: datetime, folder: str) -> bytes:
    """Everything as text; ``folder`` is where the web processes count, empty where they do not."""
    registry = CollectorRegistry()
    if folder:
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    registry.register(Work(session, now))
    return generate_latest(registry)


class Work(Collector):
    """The state of the work, read when it is collected."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: registering must not ask the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every figure, in a handful of queries."""
        yield from self._outbox()
        yield from self._mails()
        yield self._heartbeats()
        yield from self._tasks()
        found = GaugeMetricFamily("matchmaker_introductions", "Introductions by state.", labels=["region", "state"])
        for slug, state, count in figures.introductions(self.session):
            found.add_metric([slug, state], count)
        yield found

    def _outbox(self) -> Iterator[Metric]:
        families = {
            "waiting": GaugeMetricFamily("matchmaker_outbox_waiting", "Items that are not done yet.", labels=["queue"]),
            "late": GaugeMetricFamily("matchmaker_outbox_late", "Items that are due and not done.", labels=["queue"]),
            "failing": GaugeMetricFamily("matchmaker_outbox_failing", "Items that are tried again.", labels=["queue"]),
            "put_aside": GaugeMetricFamily("matchmaker_outbox_failed", "Items a person must see to.", labels=["queue"]),
        }
        age = GaugeMetricFamily("matchmaker_outbox_oldest_seconds", "How late the oldest one is.", labels=["queue"])
        for backlog in health.backlogs(self.session, self.now):
            for name, family in families.items():
                family.add_metric([backlog.queue.value], getattr(backlog, name))
            late = self.now - backlog.oldest if backlog.oldest else timedelta()
            age.add_metric([backlog.queue.value], late.total_seconds())
        yield from (*families.values(), age)

    def _mails(self) -> Iterator[Metric]:
        sent = CounterMetricFamily("matchmaker_mails_sent", "Mails that have left, by kind.", labels=["kind"])
        back = CounterMetricFamily("matchmaker_mails_returned", "Mails that came back, by kind.", labels=["kind"])
        failed = GaugeMetricFamily("matchmaker_mails_failed", "Mails that are put aside, by kind.", labels=["kind"])
        for kind, left, returned, kept in figures.mails(self.session):
            sent.add_metric([kind], left)
            back.add_metric([kind], returned)
            failed.add_metric([kind], kept)
        yield from (sent, back, failed)

    def _heartbeats(self) -> Metric:
        silent = GaugeMetricFamily(
            "matchmaker_heartbeat_age_seconds", "Seconds since a process gave a sign of life.", labels=["process"]
        )
        for name, at in health.heartbeats(self.session).items():
            silent.add_metric([name], (self.now - at).total_seconds())
        return silent

    def _tasks(self) -> Iterator[Metric]:
        opened = GaugeMetricFamily("matchmaker_tasks_open", "Tasks of coordinators.", labels=["region"])
        overdue = GaugeMetricFamily("matchmaker_tasks_overdue", "Open tasks past their day.", labels=["region"])
        for slug, still, late in figures.tasks(self.session, self.now):
            opened.add_metric([slug], still)
            overdue.add_metric([slug], late)
        yield from (opened, overdue)
