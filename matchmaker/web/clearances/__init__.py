"""Clearances and supervision: the region's table, what is kept of a partner's clearance, and each visit's plan."""
