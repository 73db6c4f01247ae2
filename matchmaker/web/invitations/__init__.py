"""A partner's answer, through the link of a mail."""
