/* What joins a lesson page to the instructor: the call for help, a pause, a showing for all, a helper who looks on.

   Everything comes as one stream of the server; nothing here touches what the learner has done. */
(() => {
  const page = window.ecitizen;
  if (!page || page.owner === "here" || !window.EventSource) return;

  const RETRY_MS = 5000;
  const PASSED = ["click", "keydown", "submit", "input", "pointerdown"];
  const byId = (id) => document.getElementById(id);
  const fill = (text, values) => Object.keys(values).reduce((done, name) => done.split(`{${name}}`).join(values[name]), text);
  let words = null;
  let state = { call: "none", room: null, look: "", point: null };

  function send(path, body) {
    const found = document.cookie.match(/(?:^|;\s*)_xsrf=([^;]*)/);
    const headers = { "Content-Type": "application/json", "X-XSRFToken": found ? decodeURIComponent(found[1]) : "" };
    return fetch(page.base + path, { method: "POST", body: JSON.stringify(body), headers }).then((reply) => {
      if (!reply.ok) throw new TypeError(String(reply.status));
    });
  }

  function put(place, tag, text, kind) {
    const element = document.createElement(tag);
    element.textContent = text;
    if (kind) element.className = kind;
    place.append(element);
    return element;
  }

  // ---- the call for help: stands over a reload, and says when somebody is coming ----

  let cancelled = false;
  function drawCall() {
    const { call } = state;
    if (call !== "none") cancelled = false;
    byId("called").textContent = cancelled ? words.call_cancelled : words[`call_${call}`];
    byId("help").textContent = call === "none" ? words.call : words.call_back;
  }

  function pressHelp(event) {
    if (!words) return; // the lesson page's own button works until the stream does
    event.stopImmediatePropagation();
    const step = Number(byId("bar").value) || 1;
    const back = state.call !== "none";
    cancelled = back;
    send("help", back ? { lesson: page.lesson, step, cancel: true } : { lesson: page.lesson, step })
      .catch(() => (byId("called").textContent = words.call_failed));
  }

  // ---- held: the page waits, with everything on it as it was ----

  const held = document.createElement("section");
  held.className = "held";
  held.id = "held";
  held.tabIndex = 0; // a long sentence in large type has to be scrolled
  held.hidden = true;
  held.setAttribute("aria-live", "polite");
  let before = null;

  // What stays at hand while the page waits: size, contrast, reading, the call for help.
  const free = (target) => target.nodeType === 1 && target.closest("#held, header, #help");
  function stop(event) {
    const tab = event.type === "keydown" && ["Tab", "F5"].includes(event.key);
    if (held.hidden || tab || event.ctrlKey || free(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  function drawHeld() {
    const { room } = state;
    const begins = room && held.hidden;
    const ends = !room && !held.hidden;
    held.replaceChildren();
    if (room) {
      const shows = room.kind === "show";
      put(held, "h2", shows ? words.show : words.pause);
      if (shows) {
        put(held, "p", fill(words.show_step, room), "count");
        put(held, "p", room.caption, "caption");
      }
      put(held, "p", words.kept);
    }
    held.hidden = !room;
    held.setAttribute("role", room ? "main" : "none"); // the page's own is out of reach meanwhile
    document.body.classList.toggle("waits", Boolean(room));
    const inert = [byId("main"), byId("back"), byId("next"), byId("restart")];
    inert.forEach((one) => (room ? one.setAttribute("inert", "") : one.removeAttribute("inert")));
    if (begins) {
      before = document.activeElement;
      held.focus();
    }
    if (ends && before && before.isConnected) before.focus({ preventScroll: true });
  }

  // ---- somebody looks on, and may point ----

  const looker = document.createElement("div");
  looker.className = "message looker";
  looker.hidden = true;
  const told = put(looker, "p", "");
  told.setAttribute("role", "status");
  const answer = put(looker, "button", "");
  answer.type = "button";
  answer.onclick = () => send("room/look", { do: state.look === "unseen" ? "seen" : "unseen" }).catch(() => {});
  let marked = null;
  // The line stays at the top while the page scrolls; the style leaves as much room above what is pointed at.
  const measured = () => document.body.style.setProperty("--looker", `${looker.offsetHeight}px`);
  if (window.ResizeObserver) new ResizeObserver(measured).observe(looker);

  function find(id) {
    const shown = Array.from(document.querySelectorAll(`.step:not([hidden]) [data-id="${CSS.escape(id)}"]`));
    return shown.find((one) => one.offsetParent) || null;
  }

  function named(control) {
    const copy = control.cloneNode(true);
    copy.querySelectorAll(".small, .brief, .unseen").forEach((one) => one.remove());
    return (copy.textContent || "").trim();
  }

  /* The page draws a screen anew after each press, and the mark goes with the old one. */
  function drawPoint() {
    const now = state.point ? find(state.point) : null;
    if (now === marked && (!now || now.classList.contains("pointed"))) return;
    if (marked) marked.classList.remove("pointed");
    const fresh = now && !marked;
    marked = now;
    if (!now) return;
    now.classList.add("pointed");
    if (fresh) now.scrollIntoView({ block: "center" });
  }

  function drawLook() {
    const { look, point } = state;
    looker.hidden = !look;
    document.body.classList.toggle("looked", Boolean(look));
    if (look) {
      const control = point ? find(point) : null;
      const name = control ? named(control) : "";
      const says = look === "unseen" ? words.unseen : point ? fill(name ? words.point : words.point_field, { name }) : words.look;
      if (told.textContent !== says) told.textContent = says;
      answer.textContent = look === "unseen" ? words.look_again : words.look_no;
      measured();
    }
    drawPoint();
  }

  // ---- listening ----

  function draw() {
    if (!words) return;
    drawCall();
    drawHeld();
    drawLook();
  }

  let source = null;
  function listen() {
    source = new EventSource(`${page.base}room/events`);
    source.addEventListener("words", (event) => (words = JSON.parse(event.data)));
    source.addEventListener("me", (event) => {
      state = JSON.parse(event.data);
      draw();
    });
    source.addEventListener("enough", () => source.close()); // a newer page of the same learner listens
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
    });
  }

  byId("main").before(held);
  byId("main").prepend(looker);
  PASSED.forEach((kind) => document.addEventListener(kind, stop, true));
  byId("help").addEventListener("click", pressHelp, true);
  new MutationObserver(() => (state.point || marked) && drawPoint()).observe(byId("main"), { childList: true, subtree: true });
  window.addEventListener("ecitizen:step", () => setTimeout(draw));
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => event.persisted && listen());
  listen();
})();
