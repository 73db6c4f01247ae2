"""Servers in a wheel and the parent that owns them, for the demo and the tests; production refuses them."""
