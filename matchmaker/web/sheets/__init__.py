"""Spreadsheets of a network: templates, reading them in, taking that back, writing them out."""
