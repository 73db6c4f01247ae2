"""What a network's admin sees of the machinery, and the buttons that mend it."""
