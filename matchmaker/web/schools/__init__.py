"""Schools: what is documented of them, how it counts, and their place in line."""
