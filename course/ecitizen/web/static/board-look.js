// A learner's practice screen drawn a second time: to look at and to point into, never to press.
import portal from "./portal.js";

const mirror = document.getElementById("mirror");
const state = document.getElementById("state");
const what = document.getElementById("what");
const unpoint = document.getElementById("unpoint");
const texts = JSON.parse(document.getElementById("texts").textContent);
const RETRY_MS = 5000;
let shown = null;
let close = null;
let point = null;

/* What portal.js expects of a widget's model; nothing that it sends goes anywhere. */
function model(view) {
  const heard = { "change:view": [] };
  const values = { view, texts, answered: "", frames: [] };
  return {
    get: (name) => values[name],
    on: (event, act) => heard[event] && heard[event].push(act),
    off: (event, act) => heard[event] && heard[event].splice(heard[event].indexOf(act), 1),
    send: () => {},
    take: (fresh) => {
      values.view = fresh;
      heard["change:view"].forEach((act) => act());
    },
  };
}

function glow() {
  mirror.querySelectorAll(".pointed").forEach((one) => one.classList.remove("pointed"));
  const shownPoint = point && mirror.querySelector(`[data-id="${CSS.escape(point)}"]`);
  if (shownPoint) shownPoint.classList.add("pointed");
  unpoint.hidden = !point;
}

function stop() {
  if (close) close();
  close = shown = null;
  mirror.replaceChildren();
}

function draw(view) {
  const same = shown && shown.get("view").task.id === view.task.id && shown.get("view").mode === view.mode;
  if (same) {
    const focused = document.activeElement;
    const inside = mirror.contains(focused) ? focused.dataset.id : null;
    shown.take(view);
    if (!inside && mirror.contains(document.activeElement)) document.activeElement.blur();
    return;
  }
  stop();
  shown = model(view);
  const place = document.createElement("div");
  mirror.append(place);
  close = portal.render({ model: shown, el: place });
}

function tell(word) {
  state.textContent = word ? state.dataset[word] : "";
  state.hidden = !word;
}

function look(screen) {
  const { title, step, steps, kind, view } = screen;
  const where = step ? state.dataset.step.replace("{n}", step).replace("{total}", steps) : "";
  what.textContent = [title, where].filter(Boolean).join(", ");
  point = screen.point || null;
  if (view) draw(view);
  else stop();
  tell(screen.state !== "here" ? screen.state : view ? "" : kind);
  glow();
}

function pointAt(control) {
  const body = new URLSearchParams({ _xsrf: mirror.dataset.xsrf, control });
  fetch(mirror.dataset.point, { method: "POST", body, redirect: "manual" }).catch(() => tell("offline"));
}

// Whatever is pressed, by mouse or by keyboard, is pointed at and nothing else happens.
for (const kind of ["click", "submit", "change", "input", "beforeinput"]) {
  mirror.addEventListener(kind, (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (kind !== "click") return;
    const hit = event.target.closest("[data-id]");
    const control = hit && hit.dataset.id;
    if (control) pointAt(control === point ? "" : control);
  }, true);
}
unpoint.addEventListener("click", () => pointAt(""));

function listen() {
  const source = new EventSource(mirror.dataset.src);
  source.addEventListener("screen", (event) => look(JSON.parse(event.data)));
  source.addEventListener("enough", () => (source.close(), stop(), tell("enough")));
  source.addEventListener("error", async () => {
    tell("offline");
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    const answer = await fetch(location.href).catch(() => null);
    if (answer && (answer.redirected || !answer.ok)) location.reload();
    else setTimeout(listen, RETRY_MS);
  });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
listen();
