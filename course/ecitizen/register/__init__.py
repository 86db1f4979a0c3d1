"""The class register: people and their cards, groups, attendance, consultations, events, and what is counted from them.

``tables`` are the SQL tables, ``sheets`` says how each looks as a file, ``reading`` reads csv and xlsx, ``cells`` one
cell; ``importing``, ``exporting`` and ``undoing`` join them. ``people`` is the door for pages, ``facts`` that for
indicators, ``cards`` prints the login cards, ``calendar`` writes the timetable. ``erasing`` ends what is known of a
person, ``backup`` copies a course folder, ``partners`` carries facts from one library to another.
"""
