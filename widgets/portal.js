/* A simulated portal: the task, a browser frame and a telephone, drawn from the kernel's `view` and nothing else.

   What is right or wrong is decided in the kernel; here stand only the drawing, the guard that wipes real data before
   anything is sent, and the player of the show mode. dom.js, guard.js and send.js stand in front of this file. */

const STEP_MS = 8000;
let serial = 0;

class Portal {
  constructor({ model, el }) {
    this.model = model;
    this.el = el;
    this.texts = (model.get("texts") || {}).portal || {};
    this.guardTexts = (model.get("texts") || {}).guard || {};
    this.prefix = `portal${(serial += 1)}-`;
    this.typed = {}; // what stands in the fields of the present screen; kept between redraws of the same screen only
    this.screen = null;
    this.heard = "";
    this.pressed = null;
    this.local = null; // a sentence of the browser side that stands until the next answer of the kernel
    this.frame = 0;
    this.ticking = null;
    this.build();
    const { task, mode } = model.get("view");
    this.sender = new Sender({
      model,
      name: `practice:${task.id}:${mode}`,
      texts: this.texts,
      notice: (text, again) => this.notice(text, again),
      settled: () => this.root.removeAttribute("aria-busy"),
    });
    this.changed = () => {
      this.local = null;
      this.draw();
    };
    this.restart = () => this.send({ do: "restart" });
    model.on("change:view", this.changed);
    model.on("change:frames", this.changed);
    el.addEventListener("ecitizen:restart", this.restart);
    this.draw();
  }

  close() {
    this.stop();
    this.sender.close();
    this.model.off("change:view", this.changed);
    this.model.off("change:frames", this.changed);
    this.el.removeEventListener("ecitizen:restart", this.restart);
  }

  build() {
    const { texts } = this;
    this.net = make("div", { class: "net", hidden: true });
    this.task = make("section", { class: "task", "aria-label": texts.task_heading, "data-open": "no" });
    this.player = make("section", { class: "player", "aria-label": texts.player, hidden: true });
    this.chrome = make("div", { class: "chrome" });
    this.page = make("div", { class: "page", tabindex: "0", role: "region", "aria-label": texts.page });
    this.browser = make("section", { class: "browser", "aria-label": texts.browser }, this.chrome, this.page);
    this.phone = make("section", { class: "phone", "data-open": "no" });
    this.live = make("p", { class: "unseen", role: "status" });
    this.grid = make("div", { class: "grid" }, this.task, this.player, this.browser, this.phone);
    this.root = make("div", { class: "ecz portal" }, this.net, this.grid, this.live);
    this.el.replaceChildren(this.root);
  }

  get view() {
    const frame = this.frames[this.frame];
    return frame ? frame.view : this.model.get("view");
  }

  get frames() {
    return this.model.get("view").mode === "show" ? this.model.get("frames") || [] : [];
  }

  get showing() {
    return this.model.get("view").mode === "show";
  }

  draw() {
    const { view } = this;
    const focused = document.activeElement && this.root.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    const entered = this.screen !== view.screen.id;
    const first = this.screen === null;
    if (entered) this.typed = {};
    this.screen = view.screen.id;
    this.grid.dataset.mode = view.mode;
    this.drawTask(view);
    this.drawPlayer();
    this.drawChrome(view);
    this.drawPage(view, entered);
    this.drawPhone(view);
    this.remark();
    this.speak(view);
    if (!first && !this.ticking) this.refocus(view, entered, focused);
  }

  drawTask(view) {
    const { texts } = this;
    const now = view.task.goals.find((goal) => goal.state === "now");
    const open = this.task.dataset.open === "yes";
    const goals = view.task.goals.map((goal) =>
      make("li", { class: goal.state }, goal.state === "next" ? "" : sign(goal.state), " ", goal.label,
        goal.state === "next" ? "" : make("span", { class: "unseen" }, ` (${texts["goal_" + goal.state]})`)));
    const line = now ? make("p", { class: "line" }, sign("now"), " ", now.label) : make("p", { class: "line" }, view.task.title);
    const toggle = this.button(open ? texts.task_hide : texts.task_show, "ui:task-toggle", () => {
      this.task.dataset.open = open ? "no" : "yes";
      this.drawTask(this.view);
      this.find("ui:task-toggle").focus();
    }, "quiet fold");
    toggle.setAttribute("aria-expanded", String(open));
    this.task.replaceChildren(
      make("div", { class: "summary" }, line, toggle),
      make("div", { class: "whole" }, make("h3", {}, view.task.title), make("p", {}, view.task.text), make("ol", {}, goals)),
      this.hint(view),
    );
  }

  hint(view) {
    if (view.mode !== "solo" || view.finished) return make("div", { hidden: true });
    const { texts } = this;
    const level = view.hint ? view.hint.level : 0;
    const label = level === 0 ? texts.hint : texts.hint_more;
    const button = level < 3 ? this.button(label, "ui:hint", () => this.send({ do: "hint" }), "quiet ask") : "";
    const told = level ? make("p", { class: "note" }, make("b", { class: "tone" }, texts.hint_says), " ", view.hint.text) : "";
    return make("div", { class: "hints" }, told, button);
  }

  drawChrome(view) {
    const { texts } = this;
    const { scheme, host, path, secure } = view.site;
    const back = this.button(texts.back, "ui:back", () => this.send({ do: "back" }), "back");
    back.disabled = !view.can_back || this.showing;
    const state = secure ? make("span", { class: "unseen" }, texts.secure + ". ") : make("span", { class: "unsafe" }, texts.insecure);
    this.chrome.replaceChildren(back, make("p", { class: "address" }, make("span", { class: "unseen" }, texts.address + ": "),
      sign(secure ? "lock" : "open"), state, make("span", { class: "where" }, scheme, make("b", {}, host), path)));
  }

  drawPage(view, entered) {
    const training = make("p", { class: "training" }, this.texts.training);
    if (view.finished && view.mode !== "show") {
      this.page.replaceChildren(training, ...this.end(view));
      this.page.scrollTop = 0;
      return;
    }
    const heading = make("h3", { tabindex: "-1", class: "title" }, view.screen.title);
    const say = this.said(view);
    const blocks = [training, heading];
    let placed = say === null;
    const parts = view.screen.parts.map((part) => ({ part, drawn: this.part(part) }));
    const here = parts.findIndex(({ part }) => this.holds(part, this.pressed));
    if (!placed && (entered || here < 0)) {
      blocks.push(say);
      placed = true;
    }
    parts.forEach(({ drawn }, at) => {
      // Above what was pressed: below a long form it would stand outside the frame.
      if (!placed && at === here) blocks.push(say);
      blocks.push(drawn);
    });
    const top = this.page.scrollTop;
    this.page.replaceChildren(...blocks);
    this.page.scrollTop = entered ? 0 : top;
  }

  holds(part, id) {
    const controls = [...(part.controls || []), ...(part.results || []), ...(part.fields || [])];
    return part.id === id || (part.submit && part.submit.id === id) || controls.some((control) => control.id === id);
  }

  said(view) {
    const say = this.local || view.say;
    if (!say || !say.text) return null;
    const word = this.texts["tone_" + say.tone];
    return make("div", { class: `note say ${say.tone}` }, make("p", {}, word ? make("b", { class: "tone" }, word) : "", word ? " " : "", say.text));
  }

  part(part) {
    switch (part.kind) {
      case "text":
        return make("p", {}, part.text);
      case "notice":
        return make("p", { class: `note ${part.tone}` }, part.text);
      case "menu":
        return make("div", { class: `menu ${part.style}` }, part.controls.map((control) => this.control(control, part.style)));
      case "form":
        return this.form(part);
      case "search":
        return this.search(part);
      case "rows":
        return make("table", { class: "rows" }, part.title ? make("caption", {}, part.title) : "",
          make("tbody", {}, part.rows.map(([label, value]) => make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, value)))));
      default:
        return make("p", { hidden: true });
    }
  }

  control(control, style) {
    const kind = (control.main ? "main " : "") + (style === "links" && !control.main ? "quiet link" : "");
    const button = this.button(control.label, control.id, () => this.press(control.id), kind);
    if (control.note) button.append(make("span", { class: "small" }, control.note));
    return button;
  }

  form(part) {
    const submit = (event) => {
      event.preventDefault();
      this.press(part.submit.id, part.fields);
    };
    // One short field and its button share a line, so that the button is never looked for below the fold.
    const single = part.fields.length === 1 && !["choice", "check"].includes(part.fields[0].type);
    return make("form", { class: single ? "form single" : "form", novalidate: true, autocomplete: "off", onsubmit: submit },
      part.fields.map((field) => this.field(field)), this.submit(part.submit));
  }

  submit(control) {
    return make("p", { class: "submit" }, make("button", { type: "submit", "data-id": control.id, class: control.main ? "main" : "" }, control.label));
  }

  search(part) {
    const field = { id: part.id, label: part.label, type: "text", hint: "", error: "", value: part.value || "", choices: [] };
    const submit = (event) => {
      event.preventDefault();
      this.press(part.submit.id, [field]);
    };
    const form = make("form", { class: "form single", role: "search", novalidate: true, autocomplete: "off", onsubmit: submit }, this.field(field), this.submit(part.submit));
    if (part.results === null) return form;
    if (!part.results.length) return make("div", {}, form, make("p", { class: "note amber" }, part.nothing));
    const found = part.results.map((control) => make("li", {}, this.control(control, "tiles")));
    return make("div", {}, form, make("p", {}, make("b", {}, fill(this.texts.found, { n: part.results.length }))), make("ul", { class: "results" }, found));
  }

  field(field) {
    const id = this.prefix + field.id;
    const about = [field.error ? id + "-error" : "", field.hint ? id + "-hint" : ""].filter(Boolean).join(" ") || null;
    const hint = field.hint ? make("p", { class: "small", id: id + "-hint" }, field.hint) : "";
    const error = field.error ? make("p", { class: "error", id: id + "-error" }, field.error) : "";
    if (field.type === "choice") return this.choices(field, id, hint, error, about);
    if (field.type === "check") return this.check(field, id, hint, error, about);
    const value = this.showing ? this.shown(field) : this.typed[field.id] || field.value || "";
    const numeric = { code: "numeric", phone: "tel", date: "numeric", email: "email" }[field.type] || "text";
    const input = make("input", { type: "text", id, name: id, class: field.type, "data-id": field.id, value, inputmode: numeric, autocomplete: "off",
      autocorrect: "off", autocapitalize: "off", spellcheck: "false", "aria-invalid": field.error ? "true" : null, "aria-describedby": about, readonly: this.showing,
      oninput: (event) => this.type(field.id, event.target.value) });
    const box = field.type === "password" ? make("div", { class: "with-button" }, input, this.reveal(input)) : input;
    return make("div", { class: "field" }, make("div", { class: "head" }, make("label", { for: id }, field.label), hint), error, box);
  }

  reveal(input) {
    const button = make("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: () => {
      const open = input.classList.toggle("open");
      button.setAttribute("aria-pressed", String(open));
      button.textContent = open ? this.texts.password_hide : this.texts.password_show;
    } }, this.texts.password_show);
    return button;
  }

  choices(field, id, hint, error, about) {
    const value = this.showing ? this.shown(field) : this.typed[field.id] || field.value || "";
    const rows = field.choices.map((choice) => make("label", { class: choice.id === value ? "row chosen" : "row" },
      make("input", { type: "radio", name: id, "data-id": `${field.id}:${choice.id}`, value: choice.id, checked: choice.id === value, disabled: this.showing,
        onchange: (event) => {
          this.type(field.id, choice.id);
          event.target.closest("fieldset").querySelectorAll(".row").forEach((row) => row.classList.toggle("chosen", row.contains(event.target)));
        } }), choice.label));
    return make("fieldset", { class: "field", "aria-describedby": about }, make("legend", {}, field.label), hint, error, rows);
  }

  check(field, id, hint, error, about) {
    const on = Boolean(this.showing ? this.shown(field) : this.typed[field.id] || field.value);
    return make("div", { class: "field" }, hint, error, make("label", { class: "row" }, make("input", { type: "checkbox", id, "data-id": field.id, checked: on, disabled: this.showing,
      "aria-invalid": field.error ? "true" : null, "aria-describedby": about, onchange: (event) => this.type(field.id, event.target.checked ? "yes" : "") }), field.label));
  }

  shown(field) {
    const frame = this.frames[this.frame];
    const given = frame && frame.fill ? frame.fill[field.id] : "";
    return given || field.value || "";
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

  drawPhone(view) {
    const { texts } = this;
    const { owner, messages, call } = view.phone;
    const fresh = messages.some((message) => message.fresh);
    const news = JSON.stringify([call, messages.filter((message) => message.fresh).map((message) => message.text)]);
    if (news !== this.news) {
      // The sheet comes up with what is new and goes away once the code was used.
      this.phone.dataset.open = fresh || call ? "yes" : "no";
      this.news = news;
    }
    const open = this.phone.dataset.open === "yes";
    const label = open ? texts.phone_hide : fresh || call ? texts.phone_new : texts.phone_show;
    const toggle = this.button(label, "ui:phone-toggle", () => {
      this.phone.dataset.open = open ? "no" : "yes";
      this.drawPhone(this.view);
      this.find("ui:phone-toggle").focus();
    }, "fold");
    toggle.setAttribute("aria-expanded", String(open));
    this.phone.setAttribute("aria-label", owner);
    const inside = call ? [this.call(call)] : [];
    if (!messages.length && !call) inside.push(make("p", { class: "empty" }, texts.phone_empty));
    inside.push(...messages.slice().reverse().map((message) => this.sms(message)));
    this.phone.replaceChildren(toggle, make("div", { class: "screen" }, make("p", { class: "owner" }, owner), inside));
    this.phone.classList.toggle("silent", !messages.length && !call);
    this.grid.classList.toggle("calling", Boolean(call));
  }

  sms(message) {
    // The digits of the code stand apart and large wherever the text has them, with or without a space inside.
    const digits = (message.code || "").replace(/\D/g, "");
    const found = digits ? message.text.match(new RegExp(digits.split("").join("[\\s\\u00a0-]?"))) : null;
    const body = found
      ? [message.text.slice(0, found.index).trim(), make("strong", { class: "code" }, digits.replace(/^(\d{3})(\d{3})$/, "$1 $2")),
        message.text.slice(found.index + found[0].length).replace(/^[.\s]+/, "")]
      : [message.text];
    return make("div", { class: message.fresh ? "sms fresh" : "sms" }, make("p", { class: "from" }, message.from), make("p", {}, body));
  }

  call(call) {
    return make("div", { class: "call" }, make("p", { class: "from" }, make("b", {}, this.texts.call), call.from), make("p", { tabindex: "-1", class: "says" }, call.says),
      make("div", { class: "replies" }, call.replies.map((reply) => this.button(reply.label, reply.id, () => this.reply(reply.id)))));
  }

  drawPlayer() {
    const total = this.frames.length;
    this.player.hidden = !this.showing || total === 0;
    if (this.player.hidden) return;
    const { texts } = this;
    const begun = this.ticking !== null || this.frame > 0 || this.watched;
    const last = this.frame >= total - 1;
    const play = this.ticking ? texts.pause : last && begun ? texts.watch_again : begun ? texts.watch_on : texts.watch;
    const caption = begun ? this.frames[this.frame].caption : texts.watch_intro;
    const previous = this.button(texts.step_back, "ui:step-back", () => this.turn(-1));
    const next = this.button(texts.step_forward, "ui:step-forward", () => this.turn(1));
    previous.disabled = this.frame === 0;
    next.disabled = last;
    this.player.replaceChildren(
      make("p", { class: "caption" }, make("span", { class: "count" }, begun ? fill(texts.frame, { n: this.frame + 1, total }) : texts.player), caption),
      make("div", { class: "keys" }, this.button(play, "ui:play", () => this.play(), "main"), previous, next),
    );
  }

  play() {
    if (this.ticking) {
      this.stop();
    } else {
      if (this.frame >= this.frames.length - 1) this.frame = 0;
      this.watched = true;
      this.ticking = setInterval(() => this.tick(), STEP_MS);
    }
    this.redraw("ui:play");
  }

  tick() {
    // A page turned away stands still.
    if (!this.root.isConnected || this.root.closest("[hidden]")) this.stop();
    else if (this.frame < this.frames.length - 1) this.frame += 1;
    if (this.frame >= this.frames.length - 1) this.stop();
    this.redraw(null);
  }

  turn(by) {
    this.stop();
    this.watched = true;
    this.frame = Math.max(0, Math.min(this.frames.length - 1, this.frame + by));
    this.redraw(by < 0 ? "ui:step-back" : "ui:step-forward");
  }

  stop() {
    clearInterval(this.ticking);
    this.ticking = null;
  }

  redraw(focus) {
    const active = document.activeElement;
    const id = focus || (active && this.player.contains(active) ? active.dataset.id : null);
    this.screen = null; // no jump of the focus: the learner's hand is on the player
    this.draw();
    const target = id ? this.find(id) : null;
    if (target && target.disabled) this.find("ui:play").focus();
    else if (target) target.focus();
    const marked = this.page.querySelector(".marked");
    if (marked) marked.scrollIntoView({ block: "nearest" });
  }

  press(id, fields) {
    if (this.showing) {
      this.tell("info", this.texts.watching, id);
      return;
    }
    const values = {};
    for (const field of fields || []) {
      values[field.id] = this.typed[field.id] || field.value || "";
      const kind = ["choice", "check"].includes(field.type) ? null : findReal(values[field.id]);
      if (kind) {
        this.wipe(field.id, kind);
        return;
      }
    }
    this.pressed = id;
    this.send(fields ? { do: "press", control: id, fields: values } : { do: "press", control: id });
  }

  wipe(id, kind) {
    delete this.typed[id];
    this.find(id).value = "";
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

  type(id, value) {
    this.typed[id] = value;
    this.remark();
  }

  tell(tone, text, near) {
    this.pressed = near;
    this.local = { tone, text };
    this.drawPage(this.view, false);
    this.remark();
    this.speak(this.view);
  }

  /* Outline the control that comes next; while its form has an empty field, that field comes first. */
  remark() {
    this.root.querySelectorAll(".marked").forEach((element) => element.classList.remove("marked"));
    const { mark } = this.view;
    const control = mark ? this.find(mark) : null;
    if (!control) return;
    const form = this.showing ? null : control.closest("form");
    const empty = form ? Array.from(form.querySelectorAll("input[type=text]")).find((input) => !input.value.trim()) : null;
    (empty || control).classList.add("marked");
  }

  speak(view) {
    const say = this.local || view.say || {};
    const newest = view.phone.messages.filter((message) => message.fresh).map((message) => `${message.from}: ${message.text}`);
    const call = view.phone.call ? `${this.texts.call} ${view.phone.call.from}. ${view.phone.call.says}` : "";
    const caption = this.showing && this.watched ? this.frames[this.frame].caption : "";
    const words = [caption, say.text, call, ...newest, view.hint ? view.hint.text : ""].filter(Boolean).join(" ");
    if (words !== this.heard) this.live.textContent = words;
    this.heard = words;
  }

  refocus(view, entered, focused) {
    const same = this.find(focused);
    const title = this.page.querySelector(".title");
    const wrong = this.page.querySelector("[aria-invalid=true], fieldset[aria-describedby*=error] input");
    const says = this.phone.querySelector(".says");
    const elsewhere = same && !this.page.contains(same);
    if (entered || view.finished) title.focus();
    else if (same && elsewhere) same.focus();
    else if (says && focused && !same) says.focus();
    else if (wrong && focused) wrong.focus();
    else if (same) same.focus();
    else if (focused) title.focus();
  }

  notice(text, again) {
    this.net.hidden = !text;
    this.net.replaceChildren(make("p", { class: "note amber", role: "status" }, text || ""));
    if (again) this.net.append(this.button(this.texts.reload, "ui:reload", () => location.reload()));
  }

  find(id) {
    return id ? this.root.querySelector(`[data-id="${CSS.escape(id)}"]`) : null;
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
