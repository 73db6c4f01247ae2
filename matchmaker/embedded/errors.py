"""What can go wrong while starting or stopping, in words meant for the person at the terminal."""


class EmbeddedError(Exception):
    """A start that cannot go on; its text is one or two plain lines that say what to do."""
