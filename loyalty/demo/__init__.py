"""
The demo store: a small chain of coffee shops, and a year of what happened in it.

It holds the people and things that the API reference names in its examples, under the very ids, so
that its calls work as printed, and some three hundred customers more. All is made by the commands
that everybody uses, in one database transaction: there is a whole demo store or none. Of two loads
on the same day each makes the same store, but for generated ids.

Only `manage.py load_demo` makes it. Its passwords are known to everybody.
"""
