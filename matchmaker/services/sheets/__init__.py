"""Spreadsheets that a network brings and takes along: read, looked at, applied, taken back, written."""
