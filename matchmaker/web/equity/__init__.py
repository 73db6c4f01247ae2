"""Equity: the policy with its dial, its trials and its history, and whom the network reached."""

from matchmaker.web.equity import policy
from matchmaker.web.equity.area import blueprint
from matchmaker.web.equity.views import fairness

__all__ = ["blueprint", "fairness", "policy"]
