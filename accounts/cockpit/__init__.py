"""
What every cockpit screen of every context is made from: rights, lists, forms, formats.

It stands in the people's room because rights come from staff and roles, and because contexts may
not look into the doors. The site itself, its menu and the pages that span contexts are in
`loyalty.cockpit`.
"""
