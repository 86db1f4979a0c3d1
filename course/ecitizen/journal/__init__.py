"""The store of what learners did: append, read back, group into runs; the only writer of learner events.

``event`` says what an event is, ``wire`` how it travels between kernel and server, ``store`` keeps it in SQL,
``remote`` and ``local`` are the two journals a kernel can have, ``door`` chooses between them, ``runs`` groups
events for the graders. Only ``store`` and ``local`` import SQLAlchemy, so that a kernel starts fast.
"""
