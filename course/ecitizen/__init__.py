"""«Компетентный е-гражданин»: a course in a box for public libraries.

The way of one click, and the rooms it passes::

    browser: portal.js --event--> kernel: widgets.Practice --> practice.Run.judge / apply      (pure)
         kernel --POST event, one-kernel token--> web --> journal.append (on disk) --> kernel shows the new view
    journal --> gradebook: nbgrader submission --> nbgrader's autograder --> nbgrader's gradebook
         gradebook: who passed ; register: what the library did  --> facts
    facts --> indicators (passport, period, site) --> reports (.docx .xlsx .csv .html)

``content`` is the one door to the folders of lessons; ``cli`` is the command ``ecitizen``.
"""

import sys

__version__ = "0.1.0"

# jsonschema would build a grammar of IRIs at import, for over a second of CPU in every command and every server;
# no schema of Jupyter's, nbgrader's or ours has a field of that kind. Without the module jsonschema leaves it out.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
