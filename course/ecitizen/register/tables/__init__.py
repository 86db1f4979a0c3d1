"""The tables of the register, by what they are about; names of people stand in ``person`` and nowhere else."""

from ecitizen.register.tables.base import Base
from ecitizen.register.tables.classes import (
    Attendance,
    ClassGroup,
    Consent,
    Learner,
    Person,
    Session,
    Site,
    Staff,
    StaffTraining,
    Timetable,
)
from ecitizen.register.tables.forum import Forum, Team
from ecitizen.register.tables.papers import Certificate, SurveyCode
from ecitizen.register.tables.projects import (
    Chat,
    Community,
    Meeting,
    Member,
    Question,
    Review,
    Subscribers,
    Surplus,
    Ticket,
    Work,
)
from ecitizen.register.tables.services import (
    Consultation,
    Counter,
    Event,
    Material,
    Message,
    SurveyAnswer,
    Visit,
    Zone,
)
from ecitizen.register.tables.trace import Change, Partner, PartnerFact, Undo
from ecitizen.register.tables.waiting import Place

__all__ = [
    "Attendance",
    "Base",
    "Certificate",
    "Change",
    "Chat",
    "ClassGroup",
    "Community",
    "Consent",
    "Consultation",
    "Counter",
    "Event",
    "Forum",
    "Learner",
    "Material",
    "Meeting",
    "Member",
    "Message",
    "Partner",
    "PartnerFact",
    "Person",
    "Place",
    "Question",
    "Review",
    "Session",
    "Site",
    "Staff",
    "StaffTraining",
    "Subscribers",
    "Surplus",
    "SurveyAnswer",
    "SurveyCode",
    "Team",
    "Ticket",
    "Timetable",
    "Undo",
    "Visit",
    "Work",
    "Zone",
]
