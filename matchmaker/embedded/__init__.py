"""Servers in a wheel and the parent that owns them, for the demo and the tests; production settings refuse them."""

from matchmaker.embedded.errors import EmbeddedError
from matchmaker.embedded.services import Services, embedded_services

__all__ = ["EmbeddedError", "Services", "embedded_services"]
