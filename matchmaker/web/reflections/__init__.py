"""How a visit was, through the link of a mail."""
