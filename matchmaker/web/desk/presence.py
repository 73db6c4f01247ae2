"""Who else looks at a request. It lives in Redis for a minute and nowhere else; without Redis nobody is named."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from models import Account

log = structlog.get_logger()

LASTS = timedelta(minutes=1)
"""So long after a page was opened, or last asked for news, its reader is taken to look at it."""


def note(request_id: int, reader: Account, now: datetime) -> list[str]:
    """Write down that somebody looks at a request now; the names of the others who do, the latest last."""
    key, lasts = f"desk:looking:{request_id}", LASTS.total_seconds()
    redis: Redis = current_app.extensions["redis"]
    try:
        with redis.pipeline() as pipe:
            pipe.zadd(key, {f"{reader.id}:{reader.name}": now.timestamp()})
            pipe.zremrangebyscore(key, "-inf", now.timestamp() - lasts)
            pipe.expire(key, int(lasts))
            pipe.zrange(key, 0, -1)
            *_, members = pipe.execute()
    except (RedisError, OSError) as error:
        log.info("presence_unknown", error=type(error).__name__)
        return []
    people = (member.decode().partition(":") for member in members)
    return [name for account_id, _colon, name in people if account_id != str(reader.id)]
