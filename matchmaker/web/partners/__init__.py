"""What partners know, and when they can come."""
