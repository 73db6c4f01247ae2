"""Pure matching: numbers and texts in, rankings out. No Flask, no database, no files, no clock."""
