"""What is kept of a person: shown, taken along, erased; by themselves, or by an admin whom they have asked."""
