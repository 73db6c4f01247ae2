"""What the steps of loading hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from matchmaker.clock import Clock
from matchmaker.queries.school_days import SchoolDays
from models import Account, District, Partner, Region, School, Teacher


@dataclass
class Loaded:
    """What is loaded so far, by the keys of the files."""

    region: Region
    clock: Clock
    password_hash: str
    neighbourhoods: dict[str, str] = field(default_factory=dict)
    districts: dict[str, District] = field(default_factory=dict)
    schools: dict[str, School] = field(default_factory=dict)
    teachers: dict[str, Teacher] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    coordinator: Account | None = None
    days: SchoolDays = field(init=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.region.time_zone)
