"""What a lesson notebook puts on the page: anywidget classes that join ``practice`` to the browser side.

A notebook writes ``lesson = Lesson("01-gosuslugi")`` once and then ``lesson.show("order")``,
``lesson.together("order")``, ``lesson.solo("order")``, ``lesson.quiz()``, ``lesson.confidence("before")``; the page of
a test writes ``test = CourseTest("entry-test")`` and ``test.questions()``. What the browser sends is data to them:
every message is judged, put into the journal and only then shown.
"""

from ecitizen.widgets.course_test import CourseTest
from ecitizen.widgets.lesson import Lesson

__all__ = ["CourseTest", "Lesson"]
