/* A simulated portal: the task, a browser frame and a telephone, drawn from the kernel's `view` and nothing else.

   What is right or wrong is decided in the kernel; here stand the frame of the drawing, the guard that wipes real data
   before anything is sent, and what travels to the kernel. dom.js, guard.js, send.js, pictures.js, fields.js, parts.js,
   phone.js and player.js stand in front of this file. */

let serial = 0;

class Portal {
  constructor({ model, el }) {
    this.model = model;
    this.el = el;
    this.texts = (model.get("texts") || {}).portal || {};
    this.guardTexts = (model.get("texts") || {}).guard || {};
    this.prefix = `portal${(serial += 1)}-`;
    this.count = 0;
    this.screen = null;
    this.days = {}; // calendar -> the day that the learner opened
    this.revealed = {}; // letter -> whether its addresses are shown
    this.heard = "";
    this.pressed = null;
    this.talking = false; // whether an answer of a chat was pressed
    this.followed = "";
    this.local = null; // a sentence of the browser side that stands until the next answer of the kernel
    this.fields = new Fields(this);
    this.phone = new Phone(this);
    this.player = new Player(this);
    this.build();
    const { task, mode } = model.get("view");
    this.sender = new Sender({
      model,
      name: `practice:${task.id}:${mode}`,
      texts: this.texts,
      notice: (text) => this.notice(text),
      settled: () => this.root.removeAttribute("aria-busy"),
    });
    this.changed = () => this.answered();
    this.restart = () => this.send({ do: "restart" });
    model.on("change:view", this.changed);
    model.on("change:frames", this.changed);
    el.addEventListener("ecitizen:restart", this.restart);
    this.turned = () => this.follow(true);
    window.addEventListener("ecitizen:step", this.turned); // what is drawn on a hidden page can't be scrolled
    this.draw();
  }

  close() {
    this.player.stop();
    this.sender.close();
    this.model.off("change:view", this.changed);
    this.model.off("change:frames", this.changed);
    this.el.removeEventListener("ecitizen:restart", this.restart);
    window.removeEventListener("ecitizen:step", this.turned);
  }

  build() {
    const { texts } = this;
    this.net = make("div", { class: "net", hidden: true });
    this.task = make("section", { class: "task", "aria-label": texts.task_heading, "data-open": "no" });
    this.chrome = make("div", { class: "chrome" });
    this.page = make("div", { class: "page", tabindex: "0", role: "region" });
    this.browser = make("section", { class: "browser" }, this.chrome, this.page);
    this.live = make("p", { class: "unseen", role: "status" });
    this.grid = make("div", { class: "grid" }, this.task, this.player.element, this.browser, this.phone.element);
    this.root = make("div", { class: "ecz portal" }, this.net, this.grid, this.live);
    this.el.replaceChildren(this.root);
  }

  get view() {
    const { now } = this.player;
    return now ? now.view : this.model.get("view");
  }

  get showing() {
    return this.model.get("view").mode === "show";
  }

  unique() {
    return `${this.prefix}n${(this.count += 1)}`;
  }

  /* The kernel has answered with a new view. */
  answered() {
    const { guard, mark } = this.model.get("view");
    this.local = null;
    this.fields.touched.clear();
    if (mark) this.days = {}; // the day of the marked time opens
    if (guard) {
      // The same whether the guard here or the one in the kernel has found the number.
      delete this.fields.typed[guard.field];
      this.local = { tone: "amber", text: this.guardTexts[guard.kind] || this.guardTexts.any };
      this.pressed = guard.field;
    }
    this.draw();
    if (guard && this.find(guard.field)) this.find(guard.field).focus();
  }

  draw() {
    const { view } = this;
    const focused = document.activeElement && this.root.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    const entered = this.screen !== view.screen.id;
    const first = this.screen === null;
    if (entered) {
      this.fields.forget();
      this.days = {};
      this.revealed = {};
    }
    this.screen = view.screen.id;
    this.grid.dataset.mode = view.mode;
    this.drawTask(view);
    this.player.draw();
    this.drawChrome(view);
    this.drawPage(view, entered);
    this.phone.draw(view.phone);
    this.grid.classList.toggle("calling", Boolean(view.phone.call));
    this.grid.classList.toggle("answering", view.phone.messages.some((message) => (message.replies || []).length));
    this.remark();
    this.speak(view);
    if (!first && !this.player.ticking) this.refocus(view, entered, focused);
    this.follow(entered);
  }

  drawTask(view) {
    const { texts } = this;
    const now = view.task.goals.find((goal) => goal.state === "now");
    const open = this.task.dataset.open === "yes";
    const goals = view.task.goals.map((goal) =>
      make("li", { class: goal.state }, goal.state === "next" ? "" : sign(goal.state), " ", goal.label,
        goal.state === "next" ? "" : make("span", { class: "unseen" }, ` (${texts["goal_" + goal.state]})`)));
    const line = now ? make("p", { class: "line" }, sign("now"), " ", now.label) : make("p", { class: "line" }, view.task.title);
    const toggle = this.brief(open ? texts.task_hide : texts.task_show, open ? texts.task_hide_brief : texts.task_show_brief, "ui:task-toggle", () => {
      this.task.dataset.open = open ? "no" : "yes";
      this.drawTask(this.view);
      this.find("ui:task-toggle").focus();
    }, "quiet fold");
    toggle.setAttribute("aria-expanded", String(open));
    this.task.replaceChildren(
      make("div", { class: "summary" }, line, toggle),
      make("div", { class: "whole", tabindex: "0" }, make("h3", {}, view.task.title), make("p", {}, view.task.text), make("ol", {}, goals)),
      this.hint(view),
    );
  }

  hint(view) {
    if (view.mode !== "solo" || view.finished) return make("div", { hidden: true });
    const { texts } = this;
    const level = view.hint ? view.hint.level : 0;
    const label = level === 0 ? texts.hint : texts.hint_more;
    const button = level < 3 ? this.brief(label, level === 0 ? texts.hint_brief : texts.hint_more_brief, "ui:hint", () => this.send({ do: "hint" }), "quiet ask") : "";
    const told = level ? make("p", { class: "note" }, make("b", { class: "tone" }, texts.hint_says), " ", view.hint.text) : "";
    return make("div", { class: "hints" }, told, button);
  }

  drawChrome(view) {
    const { texts } = this;
    const { scheme, host, path, secure } = view.site;
    const back = this.button(texts.back, "ui:back", () => this.send({ do: "back" }), "back");
    back.disabled = !view.can_back || this.showing;
    // A hall or a home is no page of a site: nothing but «Назад» stands over it.
    const bare = view.screen.frame === "none";
    this.browser.classList.toggle("bare", bare);
    this.browser.setAttribute("aria-label", bare ? texts.place : texts.browser);
    this.page.setAttribute("aria-label", bare ? texts.place_inside : texts.page);
    if (bare) {
      this.chrome.replaceChildren(back);
      return;
    }
    const state = secure ? make("span", { class: "unseen" }, texts.secure + ". ") : make("span", { class: "unsafe" }, texts.insecure);
    this.chrome.replaceChildren(back, make("p", { class: "address" }, make("span", { class: "unseen" }, texts.address + ": "),
      sign(secure ? "lock" : "open"), state, make("span", { class: "where" }, make("span", { class: "scheme" }, scheme), make("b", {}, breakable(host, ".")), breakable(path, "/"))));
  }

  drawPage(view, entered) {
    const training = make("p", { class: "training" }, this.texts.training);
    if (view.finished && view.mode !== "show") {
      this.page.replaceChildren(training, ...this.end(view));
      this.page.scrollTop = 0;
      return;
    }
    const heading = make("h3", { tabindex: "-1", class: "title" }, view.screen.title);
    const parts = view.screen.parts.map((part) => drawPart(part, this));
    const here = this.pressedIn(view.screen.parts, entered);
    const top = this.page.scrollTop;
    this.page.replaceChildren(training, heading, ...parts);
    this.place(this.said(view), here < 0 ? null : parts[here], heading);
    this.page.scrollTop = entered ? 0 : top;
  }

  /* Find the part that was pressed. An answer of a chat may be gone with its press, and a chat is read from below. */
  pressedIn(parts, entered) {
    const here = this.pressed && !entered ? parts.findIndex((part) => holds(part, this.pressed)) : -1;
    if (here >= 0) return here;
    return parts.findIndex((part) => (part.kind === "chat" && (entered || this.talking)) || (part.kind === "board" && part.own && entered));
  }

  /* Put a sentence above what was pressed: below a long form it would stand outside the frame. */
  place(say, part, heading) {
    if (!say) return;
    const pressed = part ? part.querySelector(`[data-id="${CSS.escape(this.pressed)}"]`) : null;
    const item = pressed ? pressed.closest(".cards>li, .mailbox>li, .results>li") : null;
    if (item) item.before(make("li", { class: "aside" }, say));
    else if (part && part.matches(".chat, .board")) (part.querySelector(".talk") || part).after(say);
    else if (part) part.before(say);
    else heading.after(say);
  }

  /* Draw one part anew where it stands; its own affair only, such as another day of a calendar. */
  swap(old, part, focus) {
    old.replaceWith(drawPart(part, this));
    this.remark();
    this.find(focus).focus();
  }

  said(view) {
    const say = this.local || view.say;
    if (!say || !say.text) return null;
    const word = this.texts["tone_" + say.tone];
    const twice = !word || startsWith(say.text, word); // nobody says «Верно. Верно»
    return make("div", { class: `note say ${say.tone}` }, make("p", {}, twice ? "" : make("b", { class: "tone" }, word), twice ? "" : " ", say.text));
  }

  /* A button for something to press; `about` is the id of the words that tell it from others of the same name. */
  control(control, style, about) {
    const kind = [control.main ? "main" : "", style === "links" && !control.main ? "quiet link" : "", style === "slot" ? "slot" : ""].filter(Boolean).join(" ");
    const button = this.button(control.label, control.id, () => this.press(control.id), kind);
    if (control.note) button.append(make("span", { class: "small" }, control.note));
    if (about) button.setAttribute("aria-describedby", about);
    return button;
  }

  end(view) {
    const { texts } = this;
    const heading = make("h3", { tabindex: "-1", class: "title" }, texts.finished);
    const say = view.say && view.say.text ? [make("p", { class: "note good" }, view.say.text)] : [];
    if (!view.summary) return [heading, ...say];
    const { well, improve, points, max } = view.summary;
    const list = (title, lines) => (lines.length ? [make("h4", {}, title), make("ul", {}, lines.map((line) => make("li", {}, line)))] : []);
    return [heading, ...say, ...list(texts.well, well), ...list(texts.improve, improve), make("p", {}, make("b", {}, fill(texts.points, { points: String(points).replace(".", ","), max })))];
  }

  press(id, fields) {
    if (this.showing) {
      this.tell("info", this.texts.watching, id);
      return;
    }
    const real = this.fields.real(fields || []);
    if (real) {
      this.wipe(real.id, real.kind);
      return;
    }
    this.pressed = id;
    this.talking = this.view.screen.parts.some((part) => part.kind === "chat" && holds(part, id));
    this.send(fields ? { do: "press", control: id, fields: this.fields.values(fields) } : { do: "press", control: id });
  }

  wipe(id, kind) {
    this.fields.wipe(id);
    this.tell("amber", this.guardTexts[kind] || this.guardTexts.any, id);
    this.find(id).focus();
    this.send({ do: "real", field: id, kind });
  }

  reply(id) {
    if (this.showing) this.tell("info", this.texts.watching, null);
    else this.send({ do: "reply", reply: id });
  }

  send(message) {
    if (this.showing && message.do !== "restart") return;
    if (this.sender.send(message)) this.root.setAttribute("aria-busy", "true");
  }

  tell(tone, text, near) {
    this.pressed = near;
    this.local = { tone, text };
    this.drawPage(this.view, false);
    this.remark();
    this.speak(this.view);
  }

  /* Outline the control that comes next; while its form waits for a field, that field comes first. */
  remark() {
    this.root.querySelectorAll(".marked").forEach((element) => element.classList.remove("marked"));
    const { mark } = this.view;
    const control = mark ? this.find(mark === "back" ? "ui:back" : mark) : null;
    if (!control) return;
    const form = this.showing ? null : control.closest("form");
    ((form && this.fields.waiting(form)) || control).classList.add("marked");
    // On a narrow window the telephone may be put away with the answer in it.
    if (this.phone.element.contains(control)) this.find("ui:phone-toggle").classList.toggle("marked", this.phone.element.dataset.open === "no");
  }

  speak(view) {
    const say = this.local || view.say || {};
    const words = [this.player.caption, say.text, ...this.phone.words(view.phone), view.hint ? view.hint.text : ""].filter(Boolean).join(" ");
    if (words !== this.heard) this.live.textContent = words;
    this.heard = words;
  }

  refocus(view, entered, focused) {
    const same = this.find(focused);
    const title = this.page.querySelector(".title");
    const wrong = this.page.querySelector("[aria-invalid=true], fieldset[aria-describedby*=error] input");
    const says = this.phone.element.querySelector(".says");
    const elsewhere = same && !this.page.contains(same);
    if (entered || view.finished) title.focus();
    else if (same && elsewhere) same.focus();
    else if (says && focused && !same) says.focus();
    else if (wrong && focused) wrong.focus();
    else if (same) same.focus();
    else if (focused) title.focus();
    const say = this.page.querySelector(".say");
    if (say && !entered && focused) say.scrollIntoView({ block: "nearest" });
  }

  /* Bring into sight what has come: the newest message with the answers to it, the learner's own line of a board, the
     telephone and the address. The focus stays where it is, and who enters is not led past a thing to look at. */
  follow(entered) {
    if (!this.page.offsetParent) return;
    const near = { block: "nearest" };
    const parts = Array.from(this.page.children);
    const passed = (one) => parts.slice(0, parts.findIndex((part) => part.contains(one)));
    const news = Array.from(this.page.querySelectorAll(".talk > li:last-child, .board .own"))
      .filter((one) => !entered || passed(one).every((part) => part.matches("h3, p, .note, .rows")));
    const seen = [this.screen, ...news.map((one) => one.textContent)].join();
    if (seen !== this.followed) {
      this.followed = seen;
      const beside = news.length ? this.page.querySelectorAll(".chat .answer, .say") : [];
      [...beside, ...news].forEach((one) => one.scrollIntoView(near));
    }
    if (this.phone.come()) [this.phone.element, this.chrome].forEach((one) => one.scrollIntoView(near));
  }

  notice(text) {
    this.net.hidden = !text;
    this.net.replaceChildren(make("p", { class: "note amber", role: "status" }, text || ""));
  }

  find(id) {
    return id ? this.root.querySelector(`[data-id="${CSS.escape(id)}"]`) : null;
  }

  /* A button with a shorter name for a narrow window. */
  brief(label, short, id, act, kind) {
    const button = this.button("", id, act, kind);
    button.append(make("span", { class: "full" }, label), make("span", { class: "brief" }, short));
    return button;
  }

  button(label, id, act, kind) {
    return make("button", { type: "button", "data-id": id, class: kind || null, onclick: act }, label);
  }
}

export default {
  render({ model, el }) {
    const portal = new Portal({ model, el });
    return () => portal.close();
  },
};
