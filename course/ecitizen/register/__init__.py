"""The class register: people and their cards, groups, attendance, consultations, events, and what is counted from them.

``tables`` are the SQL tables, ``sheets`` says how each looks as a file, ``reading`` reads csv and xlsx, ``cells`` one
cell, ``importing`` and ``exporting`` join them; ``people`` is the door for pages, ``facts`` for indicators,
``cards`` prints the login cards.
"""
