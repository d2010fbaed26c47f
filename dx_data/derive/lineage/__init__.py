"""From a figure back to its rows, derived from the question's own SQL; nothing of a question is written a second time.

`flat` lays a question out in steps, `demand` traces one figure through them, `lists` keeps and shows the rows.
"""
