"""Quizzes to and from the files of other learning systems: GIFT (Moodle) both ways, QTI 1.2 outwards.

``gift`` writes and ``reading`` reads GIFT, ``package`` writes QTI, ``writing`` writes a quiz as the YAML file that an
author keeps. What a format can't say is never dropped silently: every writer returns its ``Loss`` list.
"""

from ecitizen.exchange.files import export_file, import_file
from ecitizen.exchange.gift import to_gift
from ecitizen.exchange.loss import Exported, Loss
from ecitizen.exchange.package import to_qti
from ecitizen.exchange.reading import from_gift
from ecitizen.exchange.writing import to_yaml

__all__ = ["Exported", "Loss", "export_file", "from_gift", "import_file", "to_gift", "to_qti", "to_yaml"]
