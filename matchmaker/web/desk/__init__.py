"""The approval desk."""
