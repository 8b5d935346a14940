"""What facts of the contexts are told to people: to whom, and in which values of the snippets."""
