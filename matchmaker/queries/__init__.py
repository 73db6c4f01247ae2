"""The reads: functions that return rows or small dataclasses, and change nothing."""
