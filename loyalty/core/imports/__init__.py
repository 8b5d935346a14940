"""Files that bring rows in: the kinds of them, their formats, and the work in the background."""
