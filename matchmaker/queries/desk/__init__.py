"""The approval desk: which requests wait for a decision, in which section, in which order."""

from matchmaker.queries.desk.above import Bar, Named, bar
from matchmaker.queries.desk.changes import Change, News, news
from matchmaker.queries.desk.lines import LINES, places_in_line
from matchmaker.queries.desk.view import SECTIONS, View
from matchmaker.queries.desk.waiting import Queue, Seen, Waiting, queue
from matchmaker.queries.desk.waits import MORE_WANTED, WAITING, being_read, newest_ranking, waiting_count, waits

__all__ = [
    "LINES",
    "MORE_WANTED",
    "SECTIONS",
    "WAITING",
    "Bar",
    "Change",
    "Named",
    "News",
    "Queue",
    "Seen",
    "View",
    "Waiting",
    "bar",
    "being_read",
    "newest_ranking",
    "news",
    "places_in_line",
    "queue",
    "waiting_count",
    "waits",
]
