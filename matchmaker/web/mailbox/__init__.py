"""The mails of a demonstration."""
