"""What two sides of an introduction write to each other: by the link of a mail, and signed in."""
