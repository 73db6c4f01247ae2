"""Which mails somebody gets, and what mail servers tell us about those that were sent."""

from matchmaker.web.mail import reports
from matchmaker.web.mail.views import blueprint

__all__ = ["blueprint", "reports"]
