"""What a learner sees and can reach: the widgets in their states, drawn without a kernel.

axe alone is not enough, a page can be blank with zero violations; so boxes and pixels are looked at too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from ecitizen.practice import parts
from ecitizen.practice.fields import FieldType
from tests.browser.harness import HERE, TEMPLATE, WIDGETS, Game, Keys, Touch, finish, sample, served, states, texts

pytestmark = pytest.mark.browser

CARD = {"card": 104, "guest": False, "seat": 7, "help": True}
WINDOWS = [(1366, 768), (1024, 600), (800, 1280), (360, 740)]
NAMES = [name for name in states() if name != "frame"]
PORTALS = [name for name in NAMES if states()[name]["kind"] == "practice"]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21aa", "wcag22aa", "best-practice"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}
WIDE = "main, .browser, .page, .card, .task, .phone, header, footer"
OVERFLOWS = f"""() => [document.documentElement, document.body, ...document.querySelectorAll("{WIDE}")]
  .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map((e) => e.className || e.tagName)"""
SMALL = """() => Array.from(document.querySelectorAll("button, a, select, textarea, input[type=text], .row"))
  .filter((e) => e.checkVisibility()).map((e) => [e.textContent, e.getBoundingClientRect().height])
  .filter(([, height]) => height < 55.5)"""
COVERED = """(selector) => {
  const element = Array.from(document.querySelectorAll(selector)).find((e) => e.checkVisibility());
  element.scrollIntoView({ block: "nearest" });
  const box = element.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  return !(top && (element.contains(top) || top.contains(element)));
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(NAMES, CARD) as url:
        yield url


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    context.close()
    assert faults == []


def look(page: Page, address: str, name: str, *, size: str = "100", contrast: str = "off") -> None:
    """Open the page of a canned widget: text, the widget, one step more."""
    kept = {"ecz-step:104:01-gosuslugi": 2, "ecz-size": size, "ecz-contrast": contrast}
    if not page.url.startswith(address):
        page.goto(f"{address}health")
    page.evaluate("(kept) => Object.entries(kept).forEach(([key, value]) => localStorage.setItem(key, value))", kept)
    page.goto(f"{address}?show={name}&show={'code' if name == 'scale' else 'scale'}")
    page.wait_for_selector("body[data-state=ready]")


def change(page: Page, name: str, **parts: Any) -> None:
    """Let the kernel send a new view."""
    page.evaluate(
        "([name, parts]) => window.models.get(name).take({...window.models.get(name).get('view'), ...parts})",
        [name, parts],
    )


def sent(page: Page) -> list[dict[str, Any]]:
    """Give what the widgets sent, without the keys."""
    messages: list[dict[str, Any]] = page.evaluate("window.sent.map(({key, ...message}) => message)")
    return messages


WIDER = pytest.mark.thorough
"""Wider windows than the narrowest: only boxes differ there, and have more room."""


@pytest.mark.parametrize(
    ("width", "height"),
    [pytest.param(*one, id=name, marks=[WIDER] * (name != "telephone"))
     for one, name in zip(WINDOWS, ("pc", "old-pc", "tablet", "telephone"), strict=True)],
)  # fmt: skip
def test_no_state_breaks_axe_or_width(page: Page, address: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for name in NAMES:
        look(page, address, name)
        # What the telephone covers changes with every scroll; that nothing stays covered is tapped through below.
        page.add_style_tag(content=".portal .phone { position: static !important }")
        # axe takes a second a state; between the widest and the narrowest window only boxes differ.
        if width in (WINDOWS[0][0], WINDOWS[-1][0]):
            found = Axe().run(page, options=RULES)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        assert page.evaluate(OVERFLOWS) == [], name
        assert page.evaluate(SMALL) == [], name


@pytest.mark.parametrize(
    "name",
    ["code", "services", "scam", "show", "mark", "match", "map", "sheet", "talk", *(n for n in NAMES if "town" in n)],
)
def test_contrast_version_passes_axe(page: Page, address: str, name: str) -> None:
    look(page, address, name, contrast="on")
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", NAMES)
def test_large_letters_fit_small_screens(page: Page, address: str, name: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    for size in ("100", "200"):
        look(page, address, name, size=size)
        assert page.evaluate(OVERFLOWS) == []
    page.set_viewport_size({"width": 1366, "height": 768})
    assert page.evaluate(OVERFLOWS) == []


@pytest.mark.parametrize(("width", "height"), WINDOWS[:2], ids=["pc", "old-pc"])
def test_form_stands_above_the_fold(page: Page, address: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    look(page, address, "code")
    fold = page.locator("footer").bounding_box()
    frame = page.locator(".browser:visible").bounding_box()
    button = page.locator("[data-id=enter]:visible").bounding_box()
    assert fold is not None
    assert frame is not None
    assert button is not None
    assert button["y"] + button["height"] < min(fold["y"], frame["y"] + frame["height"])
    assert frame["height"] > 250
    assert page.evaluate("getComputedStyle(document.querySelector('.page p')).fontSize >= '17px'")


@pytest.mark.parametrize("control", ["[data-id=enter]", "#help", "#next", "[data-id=resend]", ".code", ".title"])
def test_nothing_is_blank_or_covered(page: Page, address: str, control: str) -> None:
    for width, height in WINDOWS:
        page.set_viewport_size({"width": width, "height": height})
        look(page, address, "code")
        assert not page.evaluate(COVERED, control), (control, width)


def test_nothing_but_the_page_scrolls(page: Page, address: str) -> None:
    for name in PORTALS:
        look(page, address, name)
        assert page.evaluate(
            "[document.body, document.querySelector('main')].every((e) => e.scrollHeight <= e.clientHeight + 1)"
        ), name


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("8 913 555-14-07", "phone"),
        ("112-233-445 95", "snils"),
        ("4276 3800 1234 5679", "card"),
        ("52 04 123456", "passport"),
    ],
    ids=["phone", "snils", "card", "passport"],
)
def test_real_data_never_leave_the_field(page: Page, address: str, typed: str, kind: str) -> None:
    look(page, address, "login")
    page.fill("[data-id=phone]:visible", typed)
    page.click("[data-id=enter]:visible")
    assert sent(page) == [{"do": "real", "field": "phone", "kind": kind}]
    assert page.input_value("[data-id=phone]:visible") == ""
    assert page.inner_text(".say:visible").endswith(texts()["guard"][kind])
    assert not re.search(r"\d{4}", page.evaluate("JSON.stringify({...localStorage})").replace("01-gosuslugi", ""))


def test_guard_vectors_hold_in_browser(page: Page, address: str) -> None:
    page.goto(address)
    page.add_script_tag(content=(WIDGETS / "guard.js").read_text(encoding="utf-8"))
    vectors = json.loads((HERE.parent / "golden" / "guard.json").read_text(encoding="utf-8"))
    found = page.evaluate("(texts) => texts.map(findReal)", [vector["text"] for vector in vectors])
    assert found == [vector["kind"] for vector in vectors]


def test_press_sends_form_once(page: Page, address: str) -> None:
    look(page, address, "code")
    page.evaluate("window.silent = true")
    page.fill("[data-id=code]:visible", "417205")
    page.press("[data-id=code]:visible", "Enter")
    page.click("[data-id=enter]:visible")
    assert sent(page) == [{"do": "press", "control": "enter", "fields": {"code": "417205"}}]
    assert texts()["portal"]["wait"] in page.inner_text(".net:visible")


def test_unanswered_press_survives_reload(page: Page) -> None:
    with served(["code"], CARD) as url:
        page.goto(url)
        page.wait_for_selector("body[data-state=ready]")
        page.click("#next")
        page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('ecz-unsent'))")
        page.evaluate("window.silent = true")
        page.fill("[data-id=code]", "417205")
        page.click("[data-id=enter]")
        key = page.evaluate("window.sent.pop().key")
        page.reload()
        page.wait_for_selector("body[data-state=ready]")
        assert page.evaluate("window.sent.map((message) => message.key)") == [key]
        page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('ecz-unsent'))")


def test_refusal_is_said_and_forgotten(page: Page, address: str) -> None:
    look(page, address, "code")
    page.evaluate("window.silent = true")
    page.click("[data-id=resend]:visible")
    page.evaluate(
        "window.models.get('code').fire('msg:custom', {nack: window.sent[0].key, reason: 'refused', text: 'Нельзя'})"
    )
    assert "Нельзя" in page.inner_text(".net:visible")
    page.click("[data-id=resend]:visible")
    assert len(sent(page)) == 2


def test_new_screen_takes_the_focus(page: Page, address: str) -> None:
    look(page, address, "code")
    page.click("[data-id=enter]:visible")
    screen = {"id": "cabinet", "title": "Ваш кабинет", "parts": [{"kind": "text", "text": "Здравствуйте!"}]}
    change(page, "code", screen=screen, turn=4)
    assert page.evaluate("document.activeElement.textContent") == "Ваш кабинет"


def test_first_error_takes_the_focus(page: Page, address: str) -> None:
    look(page, address, "code")
    page.fill("[data-id=code]:visible", "111")
    page.click("[data-id=enter]:visible")
    screen = json.loads(json.dumps(states()["code"]["view"]["screen"]))
    screen["parts"][1]["fields"][0]["error"] = "Цифры другие"
    change(page, "code", screen=screen, turn=4)
    assert page.evaluate("document.activeElement.dataset.id") == "code"
    assert page.input_value("[data-id=code]:visible") == "111"
    described = page.get_attribute("[data-id=code]:visible", "aria-describedby")
    assert page.inner_text(f"#{described}") == "Цифры другие"


def test_mark_waits_for_the_fields(page: Page, address: str) -> None:
    look(page, address, "login")
    order = [page.get_attribute(".marked:visible", "data-id")]
    for field in ("phone", "password"):
        page.fill(f"[data-id={field}]:visible", "1")
        order.append(page.get_attribute(".marked:visible", "data-id"))
    assert order == ["phone", "password", "enter"]


def test_show_plays_only_when_asked(page: Page, address: str) -> None:
    page.clock.install()
    look(page, address, "show")
    page.clock.run_for(20_000)
    assert page.inner_text(".title:visible") == "Портал госуслуг"
    page.click("[data-id='ui:play']:visible")
    page.clock.run_for(8_100)
    assert page.inner_text(".title:visible") == "Код из СМС"
    assert page.input_value("[data-id=code]:visible") == "417205"
    page.click("[data-id='ui:step-back']:visible")
    assert page.inner_text(".title:visible") == "Портал госуслуг"
    assert sent(page) == []


def test_sample_holds_every_kind() -> None:
    shown = [part for name in PORTALS for part in states()[name]["view"]["screen"]["parts"]]
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in parts.Part.__origin__.__args__}
    assert kinds - {part["kind"] for part in shown} == set()
    assert set(get_args(FieldType)) - {field["type"] for part in shown for field in part.get("fields", [])} == set()


def test_every_part_is_drawn(page: Page, address: str) -> None:
    for name in PORTALS:
        view = states()[name]["view"]
        if view["finished"]:
            continue
        look(page, address, name)
        blocks = page.locator(".page:visible > :not(.training, .title, .say)")
        assert blocks.count() == len(view["screen"]["parts"]), name
        assert all(block.is_visible() for block in blocks.all()), name


@pytest.mark.parametrize("task", ["visit", "pay"])
@pytest.mark.parametrize(("hand", "width", "height"), [(Keys, 1366, 768), (Touch, 360, 740)], ids=["keys", "touch"])
def test_sample_is_played_to_the_end(
    chromium: Browser, task: str, hand: type[Keys | Touch], width: int, height: int
) -> None:
    game = Game(sample(task))
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=hand is Touch)
    with served([task], None, {task: game}) as url:
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("body[data-state=ready]")
        page.click("#next")
        finish(page, game, hand(page))
        assert page.inner_text(".title") == texts()["portal"]["finished"]
    context.close()
    assert not any(event["do"] in ("real", "astray") for event in game.events)


@pytest.mark.parametrize("gap", [None, "", " "], ids=["as-written", "digits-only", "spaced"])
def test_numbers_of_personas_pass_the_guard(page: Page, address: str, gap: str | None) -> None:
    people = yaml.safe_load((WIDGETS / "personas.yaml").read_text(encoding="utf-8"))["personas"]
    keys = ("phone", "snils", "passport", "polis", "card", "birth_date")
    numbers = [person[key] for person in people for key in keys]
    spelled = numbers if gap is None else [re.sub(r"\D+", gap, number) for number in numbers]
    page.goto(address)
    page.add_script_tag(content=(WIDGETS / "guard.js").read_text(encoding="utf-8"))
    assert page.evaluate("(texts) => texts.filter(findReal)", spelled) == []


def test_number_found_by_the_kernel_is_wiped(page: Page, address: str) -> None:
    look(page, address, "login")
    page.fill("[data-id=phone]:visible", "1234")
    change(page, "login", guard={"field": "phone", "kind": "phone"}, say=None, turn=3)
    assert page.input_value("[data-id=phone]:visible") == ""
    assert page.inner_text(".say:visible").endswith(texts()["guard"]["phone"])
    assert page.evaluate("document.activeElement.dataset.id") == "phone"


def test_form_sends_ids_of_choices(page: Page, address: str) -> None:
    look(page, address, "town-about")
    page.fill("[data-id=full-name]", "Белова")
    page.fill("[data-id=words]", "болит спина")
    for box in ("papers:polis", "papers:passport", "photo:referral", "reason:ill", "agree"):
        page.check(f'[data-id="{box}"]')
    change(page, "town-about", turn=9)
    page.uncheck('[data-id="papers:polis"]')
    page.click("[data-id=tell]")
    fields = sent(page)[0]["fields"]
    typed = {"full-name": "Белова", "words": "болит спина"}
    chosen = {"reason": "ill", "papers": "passport", "photo": "referral", "agree": "true"}
    assert {name: text for name, text in fields.items() if text} == typed | chosen


def test_show_fills_every_field(page: Page, address: str) -> None:
    look(page, address, "town-show-visit")
    while page.inner_text(".title") != "О вас":
        page.click("[data-id='ui:step-forward']")
    empty = "inputs => inputs.filter((e) => !e.value).map((e) => e.id)"
    assert page.eval_on_selector_all("input[type=text]:visible, textarea:visible", empty) == []
    ticked = page.eval_on_selector_all("input:checked:visible", "inputs => inputs.map((e) => e.dataset.id)")
    assert ticked == ["reason:ill", "papers:passport", "papers:polis", "photo:referral", "agree"]
    assert page.get_attribute(".marked", "data-id") == "tell"


def test_mark_goes_through_all_fields(page: Page, address: str) -> None:
    look(page, address, "town-about-together")
    marked = "document.querySelector('.marked').closest('[data-field], .submit').dataset.field || 'submit'"
    order = []
    while (field := page.evaluate(marked)) != "submit":
        order.append(field)
        box = page.locator(f'[data-field="{field}"]')
        if box.locator("input[type=text], textarea").count():
            box.locator("input[type=text], textarea").fill("1")
        else:
            box.locator("input").first.check()
    view = states()["town-about-together"]["view"]
    assert [*order, "agree"] == [field["id"] for field in view["screen"]["parts"][0]["fields"]]


def test_days_and_times_by_arrow_keys(page: Page, address: str) -> None:
    look(page, address, "town-days")
    assert page.locator(".slot.taken").inner_text().split() == ["9:00", texts()["portal"]["calendar_taken"]]
    page.focus("[data-id='ui:day:d15']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.id") == "ui:day:d16"
    page.focus("[data-id=d16-1120]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert sent(page) == [{"do": "press", "control": "d16-1200"}]


def test_marked_time_opens_its_day(page: Page, address: str) -> None:
    look(page, address, "town-days")
    change(page, "town-days", mark="d16-1120", turn=20)
    assert page.get_attribute(".marked", "data-id") == "d16-1120"
    page.click("[data-id='ui:day:d15']")
    assert page.locator(".marked").count() == 0
    change(page, "town-days", mark="d16-1120", turn=21)
    assert page.get_attribute(".marked", "data-id") == "d16-1120"


def test_addresses_wait_to_be_asked(page: Page, address: str) -> None:
    look(page, address, "town-letter")
    assert "oplata.test" not in page.inner_text(".letter")
    page.click("[data-id='ui:address']")
    assert page.locator(".letter .target b").all_inner_texts() == [
        "voda@oplata.test",
        "http://vodokanal.oplata.test/pay",
    ]
    change(page, "town-letter", turn=9)
    assert "oplata.test" in page.inner_text(".letter")
    assert sent(page) == []


def test_suggestion_types_the_word(page: Page, address: str) -> None:
    look(page, address, "town-home")
    page.get_by_role("button", name="вода", exact=True).click()
    page.click("[data-id=find-go]")
    assert sent(page) == [{"do": "press", "control": "find-go", "fields": {"find": "вода"}}]


def test_call_is_answered_by_keyboard(page: Page, address: str) -> None:
    look(page, address, "scam")
    page.focus("[data-id=hang-up]:visible")
    page.keyboard.press("Enter")
    assert sent(page) == [{"do": "reply", "reply": "hang-up"}]


@pytest.mark.parametrize(
    ("name", "keys", "raw"),
    [
        ("single", ["ArrowDown"], "t2"),
        ("several", ["Tab", "Space"], ["t1", "t2"]),
        ("text", ["g", "o"], "go"),
    ],
    ids=["single", "several", "text"],
)
def test_question_is_answered_by_keyboard(page: Page, address: str, name: str, keys: list[str], raw: object) -> None:
    look(page, address, name)
    page.locator(".quiz:visible input").first.focus()
    if name == "single":
        page.keyboard.press("Space")
    for key in keys:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    assert [message["raw"] for message in sent(page)] == [raw]


def test_steps_are_ordered_by_keyboard(page: Page, address: str) -> None:
    look(page, address, "order")
    page.locator("ol.order:visible li:nth-child(2) button").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('li').querySelector('.what').textContent") == "Открыть портал"
    page.click("[data-id='ui:answer']:visible")
    assert sent(page)[0]["raw"] == ["t2", "t1", "t3", "t4"]


def test_empty_answer_is_not_sent(page: Page, address: str) -> None:
    look(page, address, "match")
    page.click("[data-id='ui:answer']:visible")
    assert texts()["quiz"]["choose_first"] in page.inner_text(".verdict:visible")
    assert sent(page) == []


def test_scale_sends_the_chosen_line(page: Page, address: str) -> None:
    look(page, address, "scale")
    page.get_by_text("Скорее справлюсь без помощи").click()
    page.click(".scale:visible button")
    assert sent(page) == [{"do": "rate", "level": 4}]


def test_next_page_is_kept_by_the_kernel(page: Page, address: str) -> None:
    look(page, address, "code")
    page.click("#next")
    assert sent(page) == [{"do": "step", "step": 3}]
    assert page.evaluate("document.activeElement.tagName") == "H2"


def test_restart_asks_in_words_first(page: Page, address: str) -> None:
    look(page, address, "code")
    page.click("#restart")
    assert sent(page) == []
    page.click("#ask button.main")
    assert sent(page) == [{"do": "restart"}]


def test_help_is_called_and_taken_back(page: Page, address: str) -> None:
    look(page, address, "code")
    words = texts()["lesson"]
    page.click("#help")
    page.wait_for_function("document.querySelector('#called').textContent !== ''")
    assert page.inner_text("#called") == words["help_called"]
    page.click("#help")
    page.wait_for_function("(text) => document.querySelector('#called').textContent === text", arg=words["help_done"])


def test_without_a_class_no_help_no_exit(page: Page) -> None:
    with served(["code"], None) as url:
        page.goto(url)
        page.wait_for_selector("body[data-state=ready]")
        assert page.is_hidden("#help")
        assert page.is_hidden("#exit")
        page.click("#next")
        assert page.is_hidden("#next")


def test_page_asks_no_other_host(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    look(page, address, "code")
    assert [url for url in asked if not url.removeprefix("blob:").startswith(address)] == []


def test_template_speaks_the_words_of_texts() -> None:
    source = (TEMPLATE / "index.html.j2").read_text(encoding="utf-8")
    found = re.search(r'id="words">\s*(\{.*?\})\s*</script>', source, re.S)
    assert found is not None
    words = texts()["lesson"]
    assert {key: words.get(key) for key in json.loads(found[1])} == json.loads(found[1])
