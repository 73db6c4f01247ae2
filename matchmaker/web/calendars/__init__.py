"""Calendars: the days without school, and everybody's private one."""
