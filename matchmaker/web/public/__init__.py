"""The pages anyone may read: a network's landing page, what its neighbors know, where, and how turns are taken."""

from matchmaker.web.public import funds, pages
from matchmaker.web.public.area import blueprint

__all__ = ["blueprint", "funds", "pages"]
