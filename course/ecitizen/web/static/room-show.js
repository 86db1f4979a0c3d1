// A lesson or a golden path on the projector: one frame at a time, turned by the big buttons, the arrow keys or a
// presenter's remote.
import portal from "./portal.js";

const stage = document.getElementById("stage");
const offline = document.getElementById("offline");
const caption = document.getElementById("caption");
const reads = document.getElementById("reads");
const screen = document.getElementById("screen");
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const frames = read("frames");
const texts = read("texts");
const turns = [...document.querySelectorAll("button[data-by]")];
const KEYS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
const RETRY_MS = 5000;
const LETTERS = [1.7, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1, 1];
let at = Number(stage.dataset.at);

/* What portal.js expects of a widget's model, holding one frame; it never sends anything in this mode. */
let drawn = null;
let heard = [];
let close = null;
const model = {
  get: (name) => ({ view: drawn.view, frames: [drawn], texts, answered: "" })[name],
  on: (event, act) => event === "change:frames" && heard.push(act),
  off: () => {},
  send: () => {},
};

/* The largest letters with which a text stands in the window whole. */
function fit() {
  for (const times of LETTERS) {
    reads.style.setProperty("--fit", times);
    if (reads.scrollHeight <= reads.clientHeight) return;
  }
}

function draw(frame) {
  const text = frame.html !== undefined;
  reads.hidden = !text;
  screen.hidden = text;
  if (text) {
    reads.innerHTML = frame.html; // made by the server of the lesson's own words
    reads.scrollTop = 0;
    fit();
    return;
  }
  const same = drawn && drawn.view.task.id === frame.view.task.id;
  drawn = frame;
  if (same) heard.forEach((act) => act());
  else {
    if (close) close();
    heard = [];
    close = portal.render({ model, el: screen });
  }
}

function show(number) {
  at = Math.max(0, Math.min(number, frames.length - 1));
  const focused = document.activeElement;
  caption.textContent = frames[at].caption;
  draw(frames[at]);
  document.getElementById("at").textContent = at + 1;
  const end = { "-1": at === 0, 1: at === frames.length - 1 };
  turns.forEach((button) => {
    button.disabled = end[button.dataset.by];
    button.form.elements.to.value = at + Number(button.dataset.by);
  });
  if (focused && focused.disabled) {
    const free = turns.find((button) => !button.disabled);
    if (free) free.focus();
  } else if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
  const marked = stage.querySelector(".marked");
  if (marked) marked.scrollIntoView({ block: "nearest" });
}

// One word to the server at a time, and only the newest: two at once might arrive the other way round.
let sending = false;
let wanted = null;
async function turn(by) {
  const to = Math.max(0, Math.min(at + by, frames.length - 1));
  if (to === at) return;
  show(to);
  wanted = to;
  if (sending) return;
  sending = true;
  const { group, xsrf, post } = stage.dataset;
  while (wanted !== null) {
    const body = new URLSearchParams({ _xsrf: xsrf, group, do: "turn", to: String(wanted) });
    wanted = null;
    const answer = await fetch(post, { method: "POST", body, redirect: "manual" }).catch(() => null);
    offline.hidden = Boolean(answer);
    if (answer && answer.type !== "opaqueredirect") location.reload(); // the show is over, or the session
  }
  sending = false;
}

show(at);

turns.forEach((button) =>
  button.form.addEventListener("submit", (event) => {
    event.preventDefault();
    turn(Number(button.dataset.by));
  }),
);
document.addEventListener("keydown", (event) => {
  const by = KEYS[event.key];
  if (!by || event.ctrlKey || event.altKey || event.target.matches("select, input[type=text]")) return;
  event.preventDefault();
  turn(by);
});

function listen() {
  const source = new EventSource(stage.dataset.src);
  source.addEventListener("open", () => (offline.hidden = true));
  source.addEventListener("room", (event) => {
    const told = JSON.parse(event.data);
    if (!told || told.what !== stage.dataset.what) location.reload();
    else if (!sending && told.at !== at) show(told.at);
  });
  source.addEventListener("enough", () => source.close());
  source.addEventListener("error", () => {
    offline.hidden = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  });
  addEventListener("pagehide", () => source.close());
}
listen();
addEventListener("resize", fit);
