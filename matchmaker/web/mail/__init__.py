"""Which mails somebody gets, and what mail servers tell us about those that were sent."""
