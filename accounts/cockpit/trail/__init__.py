"""
The audit trail as people read it: deeds in words, fields by their labels, references by their
names.

Each room says what its own entries mean: `words.register`. What a reference is called, and where
its page is, the screen knows whose `audit_type` it is.
"""
