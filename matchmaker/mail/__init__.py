"""The mail room: one module per message that returns plain data, one folder of templates each, and one that sends."""
