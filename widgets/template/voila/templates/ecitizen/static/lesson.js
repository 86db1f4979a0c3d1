/* The lesson page: one step at a time, the two bars, and the places where the kernel's widgets are hung. */

// kernel.js, line.js and reading.js stand in front of this file.

const SLOW_MS = 8000;
const FAILED_MS = 40000;
const SIZES = ["100", "140", "200"];
const CHECK_MS = 3000;

const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const words = read("words");
const { base, lesson } = read("place");
const token = new URLSearchParams(location.search).get("token");
const me = read("me"); // null where there is no class server
const steps = Array.from(document.querySelectorAll(".step"));
const page = Object.assign(window.ecitizen || { widgets: {}, texts: null }, {
  base, lesson, owner: me ? String(me.card || "guest") : "here", guest: Boolean(me && me.guest), up: false,
  check: () => kernel.ping(CHECK_MS),
});
window.ecitizen = page;
let current = 0;

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

const slot = () => `ecz-step:${page.owner}:${lesson}`;
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

/* Another tab of this browser with the same lesson works on the same kernel; the older one says so. */
function wireTabs() {
  const own = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(12)).map((byte) => 97 + (byte % 26)));
  const tabs = `ecz-tab:${page.owner}:${lesson}`;
  const claim = () => {
    message("elsewhere", "");
    localStorage.setItem(tabs, own);
  };
  window.addEventListener("storage", (event) => event.key === tabs && message("elsewhere", event.newValue ? words.elsewhere : ""));
  ["pointerdown", "keydown"].forEach((event) => document.addEventListener(event, () => byId("elsewhere").hidden || claim()));
  window.addEventListener("pagehide", () => localStorage.getItem(tabs) === own && localStorage.removeItem(tabs));
  claim();
}

function firstStep() {
  byId("exit").hidden = !me;
  if (me && me.help) wireHelp();
  const asked = new URLSearchParams(location.search).get("step");
  go(Number(asked || localStorage.getItem(slot())) || (me && me.step) || 1, false);
}

// ---- widgets -------------------------------------------------------------------------------------------------------

const modules = new Map();
page.arrived = {};

/* Where a widget brings its own module: through a script of type module, as import() is newer than old browsers. */
function brought(model) {
  const esm = model.get("_esm");
  const css = model.get("_css");
  if (modules.has(esm)) return modules.get(esm);
  if (css) {
    const style = document.createElement("style");
    style.textContent = css;
    document.head.append(style);
  }
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const script = document.createElement("script");
  script.type = "module";
  script.textContent = `import found from "${address}";\nwindow.ecitizen.arrived["${address}"](found);`;
  modules.set(esm, new Promise((resolve) => (page.arrived[address] = resolve)));
  document.head.append(script);
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
  const shared = page.widgets[model.get("_esm")];
  if (shared) model.state.texts = page.texts;
  const module = shared || (await brought(model));
  if (module.initialize) await module.initialize({ model });
  await module.render({ model, el: element });
}

async function showOutputs(cells) {
  const models = kernel.models.slice();
  for (const [cell, output] of cells) {
    const place = document.querySelector(`.outputs[data-cell="${cell}"]`);
    const { data = {} } = output;
    const model = data[VIEW] ? models.shift() : null;
    if (model && model.get("_esm")) await hang(place, model);
    else if (data["text/html"]) place.insertAdjacentHTML("beforeend", [].concat(data["text/html"]).join(""));
    else if (output.output_type === "error") fail();
  }
}

// ---- opening and leaving -------------------------------------------------------------------------------------------

const kept = new Set(); // widgets whose press is not answered; they say so themselves

const kernel = new Kernel({ base, token, broken: () => line.broken() });
const line = new Line({ kernel, wanted: () => kept.size > 0, told, other });
let trouble = "";

function told(up, reason) {
  const now = up ? "" : because(reason || {});
  if (up === page.up && now === trouble) return; // what is said twice is read out twice
  trouble = now;
  page.up = up;
  drawLine();
  window.dispatchEvent(new CustomEvent("ecitizen:line", { detail: { up } }));
}

function because(reason) {
  if (reason.full) return `${words.full} ${reason.place}`.trim();
  return reason.unstored ? words.unstored : words.offline;
}

function drawLine() {
  if (document.body.dataset.state === "ready") message("notice", kept.size ? "" : trouble);
}

function other() {
  line.leave();
  location.reload();
  return new Promise(() => {});
}

function fail() {
  document.body.dataset.state = "failed";
  message("opening", words.opening_failed, [[words.reload, other, "main"]]);
}

function leave(event) {
  reader.stop();
  if (event.persisted) return;
  line.leave();
  if (!kernel.id) return;
  const query = new URLSearchParams({ _xsrf: xsrf(), ...(token ? { token } : {}) });
  navigator.sendBeacon(`${base}voila/api/shutdown/${kernel.id}?${query}`);
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

/* The page that is being opened: its kernel is known before its cells have run. */
async function opened() {
  const loaded = when(() => document.readyState !== "loading");
  await Promise.race([when(() => byId("kernel") && byId("kernel").nextSibling), loaded]);
  const cells = loaded.then(() => {
    if (!byId("end")) throw new Error("no page");
    return outputsOf(document);
  });
  cells.catch(() => {});
  return { id: kernelOf(document), cells };
}

async function begin() {
  const slow = setTimeout(() => message("opening", words.opening_long), SLOW_MS);
  const failed = setTimeout(fail, FAILED_MS);
  const { cells } = await line.hold(opened());
  await when(() => document.readyState !== "loading");
  await showOutputs(cells);
  [slow, failed].forEach(clearTimeout);
  if (!cells.some(([, output]) => output.output_type === "error")) document.body.dataset.state = "ready";
  byId("opening").hidden = document.body.dataset.state === "ready";
  drawLine();
  drawStep();
}

document.querySelectorAll(".anchor-link").forEach((link) => link.remove());
window.addEventListener("pagehide", leave);
window.addEventListener("ecitizen:kept", ({ detail }) => {
  if (detail.kept) kept.add(detail.name);
  else kept.delete(detail.name);
  drawLine();
});
wireBars();
wireTabs();
firstStep();
begin();
