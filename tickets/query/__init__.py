"""What people ask for when they look for tickets: one language for the search field, the filters and the saved views.

`tree` is what was meant, `language` reads and writes it, `fields` knows what can be asked about (whoever stands above
registers more), `matching` turns it into a queryset.
"""
