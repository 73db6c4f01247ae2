"""Stories of visits, and reading them before they are shared."""
