"""What a library promised and what it did: facts against the targets of a passport.

A passport (``course/passports/*.yaml``) declares rows: which facts count, how, and how many were promised for a year.
Everything here but ``load`` is pure: the caller brings the facts of the register and of the gradebook, and the same
facts in any order give the same figures. Facts derived from others, such as «обучен», are made by ``trained`` and
added to them by the caller: ``measure(passport, [*facts, *trained(facts, rule)], since, until)``.
"""

from ecitizen.indicators.counting import spans
from ecitizen.indicators.explaining import Part, Reason, break_down, declared, explain, reasons
from ecitizen.indicators.forecasting import Forecast, forecast, forecast_whole
from ecitizen.indicators.measuring import Indicators, Point, Question, Row, asking, measure
from ecitizen.indicators.passport import (
    SPANS,
    Breakdown,
    IndicatorRow,
    Organisation,
    Passport,
    Story,
    Target,
    load,
    names,
    reach,
)
from ecitizen.indicators.periods import Period, Span, begun, months
from ecitizen.indicators.training import TrainedRule, order, trained, trained_days

__all__ = [
    "SPANS",
    "Breakdown",
    "Forecast",
    "IndicatorRow",
    "Indicators",
    "Organisation",
    "Part",
    "Passport",
    "Period",
    "Point",
    "Question",
    "Reason",
    "Row",
    "Span",
    "Story",
    "Target",
    "TrainedRule",
    "asking",
    "begun",
    "break_down",
    "declared",
    "explain",
    "forecast",
    "forecast_whole",
    "load",
    "measure",
    "months",
    "names",
    "order",
    "reach",
    "reasons",
    "spans",
    "trained",
    "trained_days",
]
