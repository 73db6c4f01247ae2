"""The verbs. Each takes (session, actor, …, clock), flushes, and leaves outbox rows; the caller commits once, last."""
