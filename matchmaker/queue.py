"""The nudge: Redis and RQ tell a worker to look at the outbox sooner than the clock would. Losing one loses nothing."""

from __future__ import annotations

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

from models import QueueName

log = structlog.get_logger()

DRAIN = "matchmaker.jobs.drain"
NUDGE_LIVES = 60
"""Seconds after which an unheard nudge is dropped: the clock has long sent another."""


def init_app(app: Flask, url: str) -> None:
    """Give the app its Redis connection. Short time-outs: a dead Redis must not hold up an approval."""
    app.extensions["redis"] = Redis.from_url(url, socket_connect_timeout=0.5, socket_timeout=2)


def nudge(name: QueueName) -> bool:
    """Ask the worker of a queue to drain the outbox. False when Redis is away."""
    try:
        Queue(name, connection=current_app.extensions["redis"]).enqueue(
            DRAIN, name.value, ttl=NUDGE_LIVES, job_timeout=-1, result_ttl=0, failure_ttl=86_400
        )
    except (RedisError, OSError) as error:
        log.warning("nudge_lost", queue=name.value, error=type(error).__name__)
        return False
    return True
