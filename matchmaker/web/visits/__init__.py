"""The page of one visit: its date, another date, and calling it off."""
