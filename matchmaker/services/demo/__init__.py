"""The demo region: an invented network with some history, loaded from its data files (demo/<slug>/)."""

from matchmaker.services.demo.loading import load

__all__ = ["load"]
