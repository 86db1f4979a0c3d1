/* A quiz, one question a screen, drawn from the kernel's `view`; the key never comes here.

   dom.js, guard.js and send.js stand in front of this file. An answer goes out in the tokens of the view and comes back
   with words. */

let quizzes = 0;

class Quiz {
  constructor({ model, el }) {
    this.model = model;
    this.el = el;
    this.texts = (model.get("texts") || {}).quiz || {};
    this.guardTexts = (model.get("texts") || {}).guard || {};
    this.prefix = `quiz${(quizzes += 1)}-`;
    this.draft = null;
    this.item = null;
    this.local = "";
    this.leaving = null; // where to go once a written answer is on the disk
    this.net = make("div", { class: "net", hidden: true });
    this.body = make("div", { class: "card" });
    this.marks = make("nav", { class: "marks", "aria-label": this.texts.questions });
    this.live = make("p", { class: "unseen", role: "status" });
    this.root = make("div", { class: "ecz quiz" }, this.net, this.body, this.marks, this.live);
    el.replaceChildren(this.root);
    const words = (model.get("texts") || {}).portal || {};
    this.words = words;
    this.sender = new Sender({ model, name: "quiz", texts: words, notice: (text) => this.notice(text), settled: () => this.leave() });
    this.changed = () => {
      // The same whether the guard here or the one in the kernel has found the number.
      const { guard } = this.view;
      this.local = guard ? this.guardTexts[guard] || this.guardTexts.any : "";
      if (guard) this.draft = "";
      this.draw(true);
    };
    this.restart = () => {
      this.item = null;
      this.sender.send({ do: "restart" });
    };
    model.on("change:view", this.changed);
    el.addEventListener("ecitizen:restart", this.restart);
    this.draw(false);
  }

  close() {
    this.sender.close();
    this.model.off("change:view", this.changed);
    this.el.removeEventListener("ecitizen:restart", this.restart);
  }

  get view() {
    return this.model.get("view");
  }

  draw(answered) {
    const { view } = this;
    const here = view.finished ? "summary" : `${view.item.id}`;
    const entered = here !== this.item;
    const feedback = view.item.feedback ? JSON.stringify([view.turn, view.item.feedback]) : "";
    const told = !entered && feedback !== this.told;
    if (entered || told) this.draft = this.given(view.item);
    this.item = here;
    this.told = feedback;
    this.body.replaceChildren(...(view.finished ? this.summary(view) : this.question(view)));
    this.drawMarks(view);
    if (!answered) return;
    const target = entered ? ".title" : ".verdict";
    const element = this.body.querySelector(target) || this.body.querySelector(".title");
    const keys = this.body.querySelector(".keys");
    if (keys) keys.scrollIntoView({ block: "nearest" });
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  }

  given(item) {
    if (item.given !== null && item.given !== undefined) return JSON.parse(JSON.stringify(item.given));
    switch (item.kind) {
      case "several":
      case "mark":
        return [];
      case "truefalse":
        return { value: null, reason: null };
      case "order":
        return item.options.map((option) => option.token);
      case "match":
        return {};
      default:
        return "";
    }
  }

  // ---- one question --------------------------------------------------------------------------------------------

  question(view) {
    const { texts } = this;
    const { item, position, total } = view;
    const { test } = view; // in a test nothing is told of right and wrong before its end
    const done = test ? item.given !== null : item.feedback !== null;
    const last = position === total;
    const good = done && !test && item.feedback.tone === "good";
    const waits = item.kind === "written" && done && !test && item.feedback.share === null;
    const label = test ? (done ? texts.change : texts.reply) : item.kind === "written" ? (done ? texts.rewrite : texts.write) : !done ? texts.check : good ? texts.change : texts.again;
    const answer = make("button", { type: "submit", class: good || waits || (test && done) ? null : "main", "data-id": "ui:answer" }, label);
    const previous = this.button(texts.to_previous, "ui:previous", () => this.show(position - 1), "");
    previous.disabled = position === 1;
    const next = last ? this.button(texts.finish, "ui:finish", () => this.go({ do: "finish" }), done ? "main" : "")
      : this.button(texts.to_next, "ui:next", () => this.show(position + 1), good || waits || (test && done) ? "main" : "");
    const submit = (event) => {
      event.preventDefault();
      this.answer();
    };
    return [
      make("p", { class: "count" }, fill(texts.question, { n: position, total })),
      item.repeats ? make("p", { class: "note" }, item.repeats) : "",
      make("form", { novalidate: true, autocomplete: "off", onsubmit: submit }, this.kind(item), this.verdict(item),
        make("div", { class: "keys" }, previous, answer, next)),
    ];
  }

  verdict(item) {
    const notes = this.local ? [this.local] : item.feedback ? item.feedback.notes : [];
    const tone = this.local || !item.feedback ? "amber" : item.feedback.tone;
    if (!this.local && !item.feedback) return "";
    const share = item.feedback ? item.feedback.share : 0;
    const heading = this.texts[share === null ? "waits" : share === 1 ? "right" : share > 0 ? "partly" : "wrong"];
    const word = this.local ? "" : make("b", { class: "tone" }, heading);
    // The verdict may begin with the same word.
    const lines = notes.filter((note) => this.local || note !== heading);
    return make("div", { class: `note verdict ${tone}`, tabindex: "-1" }, word, lines.map((line) => make("p", {}, line)), this.local ? "" : this.example(item.feedback));
  }

  /* What a written answer can be compared with. */
  example({ sample, scheme }) {
    if (!sample) return [];
    return [make("h4", {}, this.texts.scheme), make("ul", {}, scheme.map((line) => make("li", {}, line))), make("h4", {}, this.texts.sample), make("p", { class: "sample" }, sample)];
  }

  kind(item) {
    switch (item.kind) {
      case "single":
        return this.group(item.text, this.radios(item.options, this.prefix + "one", this.draft, (token) => (this.draft = token)));
      case "several":
        return this.group(item.text, make("p", { class: "small" }, this.texts.choose_several), this.boxes(item.options));
      case "truefalse":
        return this.trueFalse(item);
      case "order":
        return this.group(item.text, make("p", { class: "small" }, this.texts.order), this.order(item));
      case "match":
        return this.group(item.text, make("p", { class: "small" }, this.texts.match), this.match(item));
      case "mark":
        return this.group(item.text, make("p", { class: "small" }, this.texts.mark), this.mark(item));
      case "find":
        return this.group(item.text, make("p", { class: "small" }, this.texts.find), this.find(item));
      case "written":
        return this.written(item);
      default:
        return this.typed(item);
    }
  }

  group(text, ...children) {
    return make("fieldset", {}, make("legend", {}, make("h3", { class: "title", tabindex: "-1" }, text)), ...children);
  }

  radios(options, name, chosen, choose) {
    return options.map(({ token, text }) => make("label", { class: token === chosen ? "row chosen" : "row" },
      make("input", { type: "radio", name, value: String(token), checked: token === chosen, onchange: (event) => {
        choose(token);
        event.target.closest("fieldset").querySelectorAll(`input[name="${name}"]`).forEach((input) => input.closest(".row").classList.toggle("chosen", input.checked));
      } }), text));
  }

  boxes(options) {
    return options.map(({ token, text }) => make("label", { class: this.draft.includes(token) ? "row chosen" : "row" },
      make("input", { type: "checkbox", value: token, checked: this.draft.includes(token), onchange: (event) => {
        this.draft = this.draft.filter((other) => other !== token).concat(event.target.checked ? [token] : []);
        event.target.closest(".row").classList.toggle("chosen", event.target.checked);
      } }), text));
  }

  trueFalse(item) {
    const { texts } = this;
    const sides = [{ token: true, text: texts.value_true }, { token: false, text: texts.value_false }];
    return make("div", {},
      this.group(item.text, make("div", { class: "two" }, this.radios(sides, this.prefix + "value", this.draft.value, (value) => (this.draft.value = value)))),
      make("fieldset", {}, make("legend", {}, texts.reason), this.radios(item.options, this.prefix + "reason", this.draft.reason, (token) => (this.draft.reason = token))));
  }

  order(item) {
    const { texts } = this;
    const text = (token) => item.options.find((option) => option.token === token).text;
    const move = (from, by) => {
      const [token] = this.draft.splice(from, 1);
      this.draft.splice(from + by, 0, token);
      const list = this.order(item);
      this.body.querySelector("ol.order").replaceWith(list);
      const button = list.children[from + by].querySelectorAll("button")[by < 0 ? 0 : 1];
      (button.disabled ? list.children[from + by].querySelector("button:not([disabled])") : button).focus();
      this.live.textContent = fill(texts.moved, { text: text(token), n: from + by + 1, total: this.draft.length });
    };
    const rows = this.draft.map((token, at) => {
      const up = make("button", { type: "button", disabled: at === 0, onclick: () => move(at, -1) }, texts.up, make("span", { class: "unseen" }, `: ${text(token)}`));
      const down = make("button", { type: "button", disabled: at === this.draft.length - 1, onclick: () => move(at, 1) }, texts.down, make("span", { class: "unseen" }, `: ${text(token)}`));
      return make("li", {}, make("span", { class: "place" }, `${at + 1}.`), make("span", { class: "what" }, text(token)), make("span", { class: "move" }, up, down));
    });
    return make("ol", { class: "order" }, rows);
  }

  match(item) {
    return item.left.map(({ token, text }, at) => {
      const id = `${this.prefix}match${at}`;
      const options = [make("option", { value: "" }, this.texts.match_choose)].concat(item.right.map((right) => make("option", { value: right.token, selected: this.draft[token] === right.token }, right.text)));
      return make("div", { class: "pair" }, make("label", { for: id }, text), make("select", { id, onchange: (event) => {
        if (event.target.value) this.draft[token] = event.target.value;
        else delete this.draft[token];
      } }, options));
    });
  }

  mark(item) {
    return make("div", { class: `spans ${item.context}` }, item.spans.map(({ token, text }) => {
      const button = make("button", { type: "button", class: "span", "aria-pressed": String(this.draft.includes(token)), onclick: () => {
        const on = !this.draft.includes(token);
        this.draft = this.draft.filter((other) => other !== token).concat(on ? [token] : []);
        button.setAttribute("aria-pressed", String(on));
      } }, sign("done"), text);
      return button;
    }));
  }

  /* A small framed screen; its buttons are a choice of one. */
  find(item) {
    const { host, title, lines } = item.screen;
    const { words } = this;
    const bar = host ? make("p", { class: "address" }, make("span", { class: "unseen" }, `${words.address}: `), sign("lock"),
      make("span", { class: "unseen" }, `${words.secure}. `), make("span", { class: "where" }, "https://", make("b", {}, host))) : "";
    const control = ({ token, text }) => make("button", { type: "button", class: "control", "aria-pressed": String(token === this.draft), onclick: (event) => {
      this.draft = token;
      const chosen = event.currentTarget;
      chosen.closest(".screen").querySelectorAll(".control").forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));
    } }, text);
    const drawn = lines.map((line) => (typeof line === "string" ? make("p", {}, line) : make("div", { class: "controls" }, line.map(control))));
    return make("div", { class: "screen", role: "group", "aria-label": `${this.texts.find_screen}: ${title}` }, bar, make("div", { class: "inside" }, make("h4", {}, title), drawn));
  }

  written(item) {
    const id = this.prefix + "written";
    const area = make("textarea", { id, rows: "5", maxlength: "2000", autocomplete: "off", "aria-describedby": `${id}-note`, oninput: (event) => (this.draft = event.target.value) });
    area.value = this.draft;
    return make("div", { class: "field" }, make("h3", { class: "title", tabindex: "-1" }, item.text),
      make("label", { for: id }, this.texts.written), make("p", { class: "small", id: `${id}-note` }, this.texts.written_note), area);
  }

  typed(item) {
    const id = this.prefix + "typed";
    const number = item.kind === "number";
    const input = make("input", { type: "text", id, value: String(this.draft), inputmode: number ? "decimal" : "text", class: number ? "number" : "", autocomplete: "off",
      autocorrect: "off", autocapitalize: "off", spellcheck: "false", oninput: (event) => (this.draft = event.target.value) });
    return make("div", { class: "field" }, make("h3", { class: "title", tabindex: "-1" }, item.text),
      make("label", { for: id }, number ? this.texts.number : this.texts.text),
      make("div", { class: "with-unit" }, input, item.unit ? make("span", {}, item.unit) : ""));
  }

  // ---- answering -----------------------------------------------------------------------------------------------

  answer() {
    const { item } = this.view;
    const kind = typeof this.draft === "string" && ["number", "text", "written"].includes(item.kind) ? findReal(this.draft) : null;
    if (kind) {
      this.draft = "";
      this.leaving = null;
      this.tell(this.guardTexts[kind] || this.guardTexts.any);
      this.sender.send({ do: "real", kind });
    } else if (this.empty(item)) {
      this.tell(item.kind === "written" ? this.texts.write_first : this.texts.choose_first);
    } else {
      this.sender.send({ do: "answer", item: item.id, raw: this.draft });
    }
  }

  empty(item) {
    if (item.kind === "truefalse") return this.draft.value === null || this.draft.reason === null;
    if (item.kind === "match") return item.left.some(({ token }) => !this.draft[token]);
    return typeof this.draft === "string" ? !this.draft.trim() : this.draft.length === 0;
  }

  tell(text) {
    this.local = text;
    this.body.replaceChildren(...this.question(this.view));
    this.body.querySelector(".verdict").focus();
  }

  show(position) {
    this.go({ do: "show", position });
  }

  /* Leave the question; a text that was written but not sent is sent first. */
  go(message) {
    const { item, finished } = this.view;
    const unsent = !finished && item.kind === "written" && this.draft.trim() && this.draft !== (item.given || "");
    if (!unsent) {
      this.sender.send(message);
      return;
    }
    this.leaving = message;
    this.answer();
  }

  leave() {
    const message = this.leaving;
    this.leaving = null;
    if (message && this.view.item.given === this.draft) this.sender.send(message);
  }

  // ---- all questions -------------------------------------------------------------------------------------------

  drawMarks(view) {
    const { texts } = this;
    const state = (mark) => (!mark.answered ? "unanswered" : view.test ? "answered" : mark.right === null ? "answered_waits" : mark.right ? "answered_right" : "answered_wrong");
    this.marks.replaceChildren(make("h4", {}, texts.questions), make("ol", {}, view.items.map((mark, at) => {
      const current = !view.finished && at + 1 === view.position;
      const button = make("button", { type: "button", class: state(mark), "aria-current": current ? "true" : null, onclick: () => this.show(at + 1) },
        String(at + 1), mark.answered && mark.right ? sign("done") : "", make("span", { class: "unseen" }, ` ${texts[state(mark)]}`));
      return make("li", {}, button);
    })));
  }

  summary(view) {
    const { texts } = this;
    const { points, max, well, repeat, waiting, headings, told, after } = view.summary;
    const list = (title, lines) => (lines.length ? [make("h4", {}, title), make("ul", {}, lines.map((line) => make("li", {}, line)))] : []);
    const left = view.items.filter((mark) => !mark.answered).length;
    return [
      make("h3", { class: "title", tabindex: "-1" }, texts.result), ...(told || []).map((line) => make("p", {}, line)),
      ...list((headings || texts).well, well), ...list((headings || texts).repeat, repeat),
      ...(after || []).map((line) => make("p", {}, line)),
      max ? make("p", {}, make("b", {}, fill(texts.points, { points: String(points).replace(".", ","), max }))) : "",
      waiting ? make("p", { class: "note" }, fill(texts.waiting, { n: waiting })) : "",
      left ? make("p", { class: "note amber" }, fill(texts.left, { n: left })) : "",
      make("div", { class: "keys" }, this.button(texts.back_to_questions, "ui:questions", () => this.show(1), "")),
    ].filter(Boolean);
  }

  notice(text) {
    this.net.hidden = !text;
    this.net.replaceChildren(make("p", { class: "note amber", role: "status" }, text || ""));
  }

  button(label, id, act, kind) {
    return make("button", { type: "button", "data-id": id, class: kind || null, onclick: act }, label);
  }
}

export default {
  render({ model, el }) {
    const quiz = new Quiz({ model, el });
    return () => quiz.close();
  },
};
