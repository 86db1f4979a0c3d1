"""Figures to papers: one measured passport as .docx, .xlsx, .csv or .html in the form that a library hands in.

``paper`` turns figures into the lines of a report once; each kind of file only lays them out. All words stand in
``papers/words.yaml`` and in the templates beside it, which a library may replace.
"""

from ecitizen.reports.meta import Meta
from ecitizen.reports.writing import ENDINGS, report

__all__ = ["ENDINGS", "Meta", "report"]
