"""Property tests draw few examples by default; many, and shrunk ones, with `pytest --hypothesis-profile=thorough`."""

from __future__ import annotations

from hypothesis import Phase, settings

# No deadline: what a busy machine needs for one example says nothing about the code.
settings.register_profile("quick", max_examples=30, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
settings.register_profile("thorough", max_examples=1000, deadline=None)
if settings.get_current_profile_name() == "default":
    settings.load_profile("quick")
