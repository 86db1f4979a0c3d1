"""The polite no: a message that is impossible here.

What the browser sends is data from a stranger. A press on a control that is not on the screen, an answer to an option
that was never shown, a shape that the page cannot produce: all of them raise :class:`Refused`, and nothing changes.
"""

from ecitizen.errors import CourseError


class Refused(CourseError):
    """A message that the learner's page could not have sent; the state stays as it was.

    Takes ``(where, problem, remedy)`` like every :class:`CourseError`.
    """
