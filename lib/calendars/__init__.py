"""When exchanges were open: which sessions a listing had, with their hours. The only importer of exchange_calendars.

`exchanges` finds the calendar of a listing, `sessions` reads it. It does not know what was collected.
"""
