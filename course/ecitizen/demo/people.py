"""Made-up people of the demonstration class; the names are common, the persons don't exist."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ecitizen.register.pins import new_pin

FIRST_NUMBER = 101
"""Card of the first learner."""

WOMEN = ("Алевтина", "Валентина", "Галина", "Зоя", "Лидия", "Людмила", "Нина", "Раиса", "Тамара", "Фаина")
MEN = ("Борис", "Виктор", "Геннадий", "Леонид", "Николай", "Пётр", "Юрий")
ROOTS = ("Берёз", "Ветер", "Горох", "Дубров", "Ельник", "Журавл", "Зимов", "Калин", "Ландыш", "Морошк", "Рябин")
FATHERS = (("Андреевна", "Андреевич"), ("Ивановна", "Иванович"), ("Петровна", "Петрович"), ("Сергеевна", "Сергеевич"))


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the roster."""

    number: int
    surname: str
    given: str
    patronymic: str
    birth_year: int
    pin: str
    seat: int


def pin_of(number: int, seed: int) -> str:
    """Give the PIN of a demonstration card; it protects nothing, so it may be printed at every start."""
    return new_pin(Random(f"pin:{seed}:{number}"))


def people(count: int, seed: int) -> list[Person]:
    """Make a class; three of four are women, as in the classes of libraries."""
    random = Random(f"people:{seed}")
    made = []
    for place in range(count):
        woman = random.random() < 0.75
        father = random.choice(FATHERS)[0 if woman else 1]
        number = FIRST_NUMBER + place
        made.append(
            Person(
                number=number,
                surname=random.choice(ROOTS) + ("ина" if woman else "ин"),
                given=random.choice(WOMEN if woman else MEN),
                patronymic=father,
                birth_year=random.randint(1940, 1962),
                pin=pin_of(number, seed),
                seat=place + 1,
            )
        )
    return made
