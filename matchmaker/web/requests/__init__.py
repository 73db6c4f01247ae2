"""What teachers ask."""
