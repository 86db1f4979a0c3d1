"""Help for those who write lessons: schemas for their editors, files to begin with, and a look at a portal.

``schemas`` makes a JSON Schema of each YAML kind, ``scaffold`` makes the four files of a new lesson, ``preview`` opens
a scenario in the browser. What is wrong with a file is told by ``content.check``, here as everywhere.
"""

from ecitizen.authoring.preview import preview
from ecitizen.authoring.scaffold import remaining, scaffold, toc_entry
from ecitizen.authoring.schemas import write_schemas

__all__ = ["preview", "remaining", "scaffold", "toc_entry", "write_schemas"]
