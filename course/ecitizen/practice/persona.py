"""The made-up people of the simulator: models of ``widgets/personas.yaml``.

A persona's numbers must be impossible, so that nobody is ever asked for a living person's: the loader refuses a phone
whose code is not 000, a СНИЛС, card, ИНН whose check digits are right, a passport of a region that exists, and a mail
address outside the reserved domains (RFC 2606).
"""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from ecitizen.practice import guard
from ecitizen.practice.quiz import fault
from ecitizen.practice.scenario import Id, Strict, Text

_RESERVED = re.compile(r"@([a-z0-9-]+\.)*(example\.(org|com|net)|[a-z0-9-]+\.(example|test|invalid))$")


class Persona(Strict):
    """One made-up person whom a learner plays."""

    id: Id
    surname: Text
    given: Text
    patronymic: Text
    familiar: Text
    """How the portal and the lesson address the person."""
    familiar_of: Text
    """The same in the genitive: whose telephone it is."""
    sex: Literal["f", "m"]
    birth_date: Annotated[str, StringConstraints(pattern=r"^\d{2}\.\d{2}\.\d{4}$")]
    """Day, month, year."""
    address: Text
    phone: Text
    email: Text
    snils: Text
    passport: Text
    """Series and number."""
    polis: Text
    """Number of the health insurance policy."""
    card: Text
    bank: Text
    password: Text

    @property
    def full_name(self) -> str:
        """Surname, given name and patronymic."""
        return f"{self.surname} {self.given} {self.patronymic}"

    @field_validator("phone")
    @classmethod
    def _phone_of_nobody(cls, phone: str) -> str:
        if re.sub(r"\D", "", phone)[1:4] != "000":
            raise fault(f"телефон {phone!r} может быть настоящим", "Поставьте код 000, например 8 (000) 555-14-07")
        return phone

    @field_validator("snils")
    @classmethod
    def _snils_of_nobody(cls, snils: str) -> str:
        if guard.is_snils(snils):
            raise fault(f"СНИЛС {snils!r} проходит проверку", "Измените последние две цифры")
        return snils

    @field_validator("card")
    @classmethod
    def _card_of_nobody(cls, card: str) -> str:
        if guard.is_card(card):
            raise fault(f"номер карты {card!r} проходит проверку", "Измените последнюю цифру")
        return card

    @field_validator("passport")
    @classmethod
    def _passport_of_nobody(cls, passport: str) -> str:
        if not passport.startswith("00"):
            raise fault(f"паспорт {passport!r} может быть настоящим", "Начните серию с 00")
        return passport

    @field_validator("email")
    @classmethod
    def _mail_of_nobody(cls, email: str) -> str:
        if not _RESERVED.search(email):
            raise fault(f"почта {email!r} может быть настоящей", "Возьмите адрес на example.org")
        return email

    @model_validator(mode="after")
    def _guard_is_quiet(self) -> Self:
        """Refuse any other value that the guard would take from the learner's hands."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if kind := guard.find_real(value, self):
                raise fault(f"{name} {value!r} похоже на настоящие данные ({kind})", "Измените цифры")
        return self


class Personas(Strict):
    """The file ``personas.yaml``."""

    personas: Annotated[tuple[Persona, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _different(self) -> Self:
        ids = [persona.id for persona in self.personas]
        if len(set(ids)) < len(ids):
            raise fault(f"повторяется id: {', '.join(ids)}", "Дайте людям разные id")
        return self

    def get(self, persona_id: str) -> Persona:
        """Find a persona by its id; ``KeyError`` if there is none."""
        for persona in self.personas:
            if persona.id == persona_id:
                return persona
        raise KeyError(persona_id)
