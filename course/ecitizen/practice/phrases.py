"""The few sentences that the checking of items says by itself; everything else comes from the content files.

They stand here together so that they can be translated or reworded without a look at the logic.
"""

RIGHT = "Верно."
UNREADABLE = "Не получилось прочитать ответ. Ответьте ещё раз."
NOTHING_CHOSEN = "Пока ничего не отмечено. Отметьте хотя бы один вариант."
NOT_ALL_FOUND = "Найдено не всё. Посмотрите ещё раз."
NO_REASON = "Выберите ещё и объяснение."
WRONG_ORDER = "Порядок пока другой. Подумайте, что нужно сделать раньше."
PAIRS_FOUND = "Верных пар: {right} из {all}. Посмотрите ещё раз."
NOT_A_NUMBER = "Напишите число цифрами, например 25."
NOTHING_TYPED = "Пока ничего не написано. Напишите ответ."
NOT_SUSPICIOUS = "«{text}»: здесь подвоха нет."
WAITS = "Ваш ответ прочитает человек. Баллы появятся потом."
