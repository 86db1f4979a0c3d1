/* The lesson page: one step at a time, the two bars, and the places where the kernel's widgets are hung. */

import { Kernel } from "./kernel.js";
import { Reader, voice } from "./reading.js";

const SLOW_MS = 8000;
const FAILED_MS = 40000;
const REMEMBER_MS = 4000;
const SIZES = ["100", "140", "200"];
const RELOADS = 3;
const VIEW = "application/vnd.jupyter.widget-view+json";

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const words = read("words");
const { base, lesson } = read("place");
const token = new URLSearchParams(location.search).get("token");
const steps = Array.from(document.querySelectorAll(".step"));
let current = 0;
let kernelId = "";
let leaving = false;

function fill(text, values) {
  return Object.entries(values).reduce((done, [name, value]) => done.replace(`{${name}}`, value), text);
}

function xsrf() {
  const found = document.cookie.match(/(?:^|;\s*)_xsrf=([^;]*)/);
  return found ? decodeURIComponent(found[1]) : "";
}

function message(id, text, buttons) {
  const keys = (buttons || []).map(([label, act, kind]) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.className = kind || "";
    button.onclick = act;
    return button;
  });
  const line = document.createElement("p");
  line.textContent = text;
  const row = document.createElement("div");
  row.className = "keys";
  row.append(...keys);
  byId(id).replaceChildren(line, ...(keys.length ? [row] : []));
  byId(id).hidden = !text;
}

// ---- steps ---------------------------------------------------------------------------------------------------------

const slot = () => `ecz-step:${globalThis.ecitizen.owner}:${lesson}`;
const models = (step) => (step ? Array.from(step.querySelectorAll(".widget"), (place) => place.model) : []);
const restartable = (step) => models(step).some((model) => model.get("kind") === "quiz" || (model.get("kind") === "practice" && model.get("view").mode !== "show"));

function drawStep() {
  const step = steps[current - 1];
  steps.forEach((one) => (one.hidden = one !== step));
  const opening = document.body.dataset.state === "opening";
  const empty = step && step.querySelector(".outputs:empty:not([hidden])");
  byId("opening").hidden = !opening || Boolean(step && !empty);
  if (!step) return;
  const heading = step.querySelector("h1, h2, h3");
  const part = words[`part_${step.dataset.part}`] || (heading ? heading.textContent : "");
  byId("where").textContent = [fill(words.step, { n: current, total: steps.length }), part].filter(Boolean).join(" · ");
  byId("bar").max = steps.length;
  byId("bar").value = current;
  byId("back").disabled = current === 1;
  const last = current === steps.length;
  byId("next").textContent = last ? words.last : words.next;
  byId("next").classList.toggle("last", last);
  byId("next").hidden = last && byId("exit").hidden;
  byId("restart").hidden = !restartable(step);
}

function go(number, byHand) {
  current = Math.max(1, Math.min(steps.length, number));
  message("ask", "");
  reader.stop();
  drawStep();
  localStorage.setItem(slot(), String(current));
  if (!byHand) return;
  window.dispatchEvent(new CustomEvent("ecitizen:step", { detail: { step: current } }));
  byId("main").scrollTop = 0;
  document.body.scrollTop = 0;
  const heading = steps[current - 1].querySelector("h1, h2, h3") || byId("main");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

function askRestart() {
  const places = Array.from(steps[current - 1].querySelectorAll(".widget"));
  const done = (event) => {
    message("ask", "");
    byId("restart").focus();
    if (event.target.className === "main") places.forEach((place) => place.dispatchEvent(new CustomEvent("ecitizen:restart")));
  };
  message("ask", words.restart_ask, [[words.restart_yes, done, "main"], [words.restart_no, done]]);
  byId("ask").scrollIntoView({ block: "nearest" });
  byId("ask").querySelector("button").focus();
}

// ---- top bar -------------------------------------------------------------------------------------------------------

function drawSettings() {
  const { size, contrast } = document.documentElement.dataset;
  byId("size").textContent = `${words.larger} · ${size} %`;
  byId("contrast").setAttribute("aria-pressed", String(contrast === "on"));
}

function setLook(name, value) {
  document.documentElement.dataset[name] = value;
  localStorage.setItem(`ecz-${name}`, value);
  drawSettings();
}

const reader = new Reader((reading) => {
  byId("read").textContent = reading ? words.read_stop : words.read;
  byId("speed").hidden = !reading;
  message("reading", "");
});

const drawSpeed = () => (byId("speed").textContent = fill(words.read_speed, { speed: words[`read_speed_${reader.rate + 1}`] }));

function readAloud() {
  if (reader.reading) reader.stop();
  else if (voice()) reader.start(steps[current - 1]);
  else message("reading", words.read_none, [[words.close, () => (message("reading", ""), byId("read").focus())]]);
}

function wireBars() {
  byId("back").onclick = () => go(current - 1, true);
  byId("next").onclick = () => (current === steps.length ? location.assign(byId("exit").href) : go(current + 1, true));
  byId("restart").onclick = askRestart;
  byId("size").onclick = () => setLook("size", SIZES[(SIZES.indexOf(document.documentElement.dataset.size) + 1) % SIZES.length]);
  byId("contrast").onclick = () => setLook("contrast", document.documentElement.dataset.contrast === "on" ? "off" : "on");
  byId("tools").onclick = () => byId("tools").setAttribute("aria-expanded", String(byId("settings").classList.toggle("open")));
  byId("read").onclick = readAloud;
  byId("speed").onclick = () => (reader.faster(), drawSpeed());
  drawSpeed();
  // Some browsers load their voices only when asked.
  voice();
  drawSettings();
}

// ---- help ----------------------------------------------------------------------------------------------------------

function wireHelp() {
  let called = false;
  byId("help").hidden = false;
  byId("help").onclick = () => {
    const body = JSON.stringify(called ? { lesson, step: current, cancel: true } : { lesson, step: current });
    fetch(base + "help", { method: "POST", body, headers: { "Content-Type": "application/json", "X-XSRFToken": xsrf() } }).then((reply) => {
      if (!reply.ok) throw new TypeError(String(reply.status));
      called = !called;
      byId("called").textContent = called ? words.help_called : words.help_done;
      byId("help").textContent = called ? words.help_cancel : words.help;
    }).catch(() => (byId("called").textContent = words.help_failed));
  };
}

async function whoLearns() {
  const me = await fetch(base + "me", { cache: "no-store" }).then((reply) => (reply.ok ? reply.json() : null), () => null);
  globalThis.ecitizen = { base, lesson, owner: me ? String(me.card || "guest") : "here", guest: Boolean(me && me.guest) };
  byId("exit").hidden = !me;
  if (me && me.help) wireHelp();
  const kept = Number(localStorage.getItem(slot()));
  // Without a memory of this browser the kernel's is waited for, so that the page does not turn under the eyes.
  if (kept || !me || me.guest) go(kept || 1, false);
  else setTimeout(() => current || go(1, false), REMEMBER_MS);
}

// ---- widgets -------------------------------------------------------------------------------------------------------

const modules = new Map();

function load(model) {
  const esm = model.get("_esm");
  if (!modules.has(esm)) modules.set(esm, import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" }))));
  const css = model.get("_css");
  if (css && !modules.has(css)) {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
    modules.set(css, style);
  }
  return modules.get(esm);
}

async function hang(place, model) {
  const element = document.createElement("div");
  element.className = "widget";
  element.model = model;
  place.append(element);
  const kind = model.get("kind");
  const step = place.closest(".step");
  if (step && kind === "practice") step.classList.add("fills");
  if (step && ["practice", "quiz"].includes(kind)) step.classList.add("exercise");
  const module = (await load(model)).default;
  if (module.initialize) await module.initialize({ model });
  await module.render({ model, el: element });
}

async function showOutputs(kernel) {
  const found = await kernel.states();
  for (const script of document.querySelectorAll("script.shown")) {
    const place = document.querySelector(`.outputs[data-cell="${script.dataset.cell}"]`);
    for (const output of JSON.parse(script.textContent)) {
      const { data = {} } = output;
      const model = data[VIEW] ? found.get(data[VIEW].model_id) : null;
      if (model && model.get("_esm")) await hang(place, model);
      else if (data["text/html"]) place.insertAdjacentHTML("beforeend", [].concat(data["text/html"]).join(""));
      else if (output.output_type === "error") fail();
    }
  }
}

// ---- opening and leaving -------------------------------------------------------------------------------------------

function again() {
  leaving = true;
  location.reload();
}

function fail() {
  document.body.dataset.state = "failed";
  message("opening", words.opening_failed, [[words.reload, again, "main"]]);
}

/* The kernel is gone. A new page gets a new one, which replays; after a few pages in vain the learner is asked. */
function lost() {
  if (leaving) return;
  const recent = JSON.parse(sessionStorage.getItem("ecz-reloads") || "[]").filter((at) => Date.now() - at < 60000);
  sessionStorage.setItem("ecz-reloads", JSON.stringify(recent.concat(Date.now())));
  if (recent.length < RELOADS) again();
  else message("notice", words.offline, [[words.reload, again, "main"]]);
}

function leave(event) {
  leaving = true;
  reader.stop();
  if (event.persisted || !kernelId) return;
  const query = new URLSearchParams({ _xsrf: xsrf(), ...(token ? { token } : {}) });
  navigator.sendBeacon(`${base}voila/api/shutdown/${kernelId}?${query}`);
}

function when(ready) {
  return new Promise((resolve) => {
    const look = () => ready() && (observer.disconnect(), resolve());
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
    document.addEventListener("readystatechange", look);
    look();
  });
}

async function open() {
  const slow = setTimeout(() => message("opening", words.opening_long), SLOW_MS);
  const failed = setTimeout(fail, FAILED_MS);
  const known = whoLearns();
  await when(() => byId("kernel") && byId("kernel").nextSibling);
  kernelId = read("kernel").id;
  const line = (up) => leaving || message("notice", up ? "" : words.offline);
  const kernel = new Kernel({ base, id: kernelId, token, lost, line });
  await Promise.all([kernel.connect(), known, when(() => document.readyState !== "loading")]);
  await showOutputs(kernel);
  [slow, failed].forEach(clearTimeout);
  if (document.body.dataset.state === "opening") document.body.dataset.state = "ready";
  if (!current) go(1, false);
  byId("opening").hidden = document.body.dataset.state === "ready";
  drawStep();
}

document.querySelectorAll(".anchor-link").forEach((link) => link.remove());
window.addEventListener("pagehide", leave);
window.addEventListener("ecitizen:saved", (event) => current || go(event.detail.step, false));
window.addEventListener("ecitizen:notice", (event) => message("notice", event.detail.text, event.detail.again ? [[words.reload, again, "main"]] : []));
wireBars();
open();
