"""Vouching for teachers and reading partners' profiles."""
