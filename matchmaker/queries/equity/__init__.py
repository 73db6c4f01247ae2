"""Figures of equity: whom the network reached, what the plan in effect promises, and what is still looked for."""
