/* The fields of a form: drawing them, and keeping what the learner typed while the screen stays the same. */

const CHOSEN = ["choice", "checks", "file", "check"]; // nothing is typed in these
const TALL = [...CHOSEN, "long"]; // the button of the form stands under these, never beside
const KEYBOARDS = {
  code: "numeric", date: "numeric", phone: "tel", email: "email", snils: "numeric", inn: "numeric", passport: "numeric",
  card: "numeric", amount: "decimal", meter: "decimal",
};

class Fields {
  constructor(portal) {
    this.portal = portal;
    this.forget();
  }

  forget() {
    this.typed = {};
    this.touched = new Set();
  }

  /* What a field holds: text; "true" or "" of a tick; the id of a choice; ids of several, parted by spaces. */
  value(field) {
    const { portal } = this;
    if (portal.showing) return portal.player.filled(field.id) || field.value || "";
    return this.typed[field.id] || field.value || "";
  }

  values(fields) {
    const read = (field) => (field.type === "checks" ? this.value(field).split(" ").filter(Boolean).join(" ") : this.value(field));
    return Object.fromEntries(fields.map((field) => [field.id, read(field)]));
  }

  /* Name the first field that holds a number of a living person, and the kind of that number. */
  real(fields) {
    return fields
      .filter((field) => !CHOSEN.includes(field.type))
      .map((field) => ({ id: field.id, kind: findReal(this.value(field)) }))
      .find((found) => found.kind);
  }

  type(id, value) {
    this.typed[id] = value;
    this.touched.add(id);
    this.portal.remark();
  }

  wipe(id) {
    delete this.typed[id];
    const input = this.portal.find(id);
    if (input) input.value = "";
  }

  draw(field) {
    const id = this.portal.prefix + field.id;
    const about = [field.error ? id + "-error" : "", field.hint ? id + "-hint" : "", this.unit(field) ? id + "-unit" : ""];
    const drawn = {
      id,
      about: about.filter(Boolean).join(" ") || null,
      hint: field.hint ? make("p", { class: "small", id: id + "-hint" }, field.hint) : "",
      error: field.error ? make("p", { class: "error", id: id + "-error" }, field.error) : "",
    };
    const box = this.kind(field, drawn);
    box.dataset.field = field.id;
    box.dataset.type = field.type;
    if (field.error) box.dataset.error = "yes";
    return box;
  }

  kind(field, drawn) {
    switch (field.type) {
      case "choice":
        return this.group(field, drawn, field.choices.map((choice) => this.row(field, drawn, choice, "radio", choice.label)));
      case "checks":
        return this.group(field, drawn, field.choices.map((choice) => this.row(field, drawn, choice, "checkbox", choice.label)));
      case "file":
        return this.group(field, drawn, this.folder(field, drawn));
      case "check":
        return this.check(field, drawn);
      default:
        return this.line(field, drawn);
    }
  }

  line(field, { id, about, hint, error }) {
    const { portal } = this;
    const value = this.value(field);
    const kind = field.type === "phone" ? "tel" : field.type; // the telephone beside the page is `.phone`
    const shared = { id, name: id, class: kind, "data-id": field.id, autocomplete: "off", autocorrect: "off", autocapitalize: "off",
      spellcheck: "false", "aria-invalid": field.error ? "true" : null, "aria-describedby": about, readonly: portal.showing,
      oninput: (event) => this.type(field.id, event.target.value) };
    const input = field.type === "long"
      ? make("textarea", { ...shared, rows: "3", maxlength: "2000" }, value)
      : make("input", { ...shared, type: "text", value, inputmode: KEYBOARDS[field.type] || "text", maxlength: "300" });
    return make("div", { class: field.type === "long" ? "field tall" : "field" },
      make("div", { class: "head" }, make("label", { for: id }, field.label), hint), error, this.beside(field, id, input));
  }

  /* What an amount or a reading is counted in; an amount that does not say is in roubles. */
  unit(field) {
    const bare = field.unit === undefined || field.unit === null;
    return bare && field.type === "amount" ? "₽" : field.unit || "";
  }

  /* What stands behind a field: its unit, the button that shows a password. */
  beside(field, id, input) {
    const { texts } = this.portal;
    const unit = this.unit(field);
    if (unit) {
      const words = unit === "₽" ? [make("span", { "aria-hidden": "true" }, unit), make("span", { class: "unseen" }, texts.roubles)] : unit;
      return make("div", { class: "with-unit" }, input, make("span", { class: "unit", id: id + "-unit" }, words));
    }
    if (field.type !== "password") return input;
    const button = make("button", { type: "button", class: "quiet", "aria-pressed": "false", onclick: () => {
      const open = input.classList.toggle("open");
      button.setAttribute("aria-pressed", String(open));
      button.textContent = open ? texts.password_hide : texts.password_show;
    } }, texts.password_show);
    return make("div", { class: "with-button" }, input, button);
  }

  group(field, { about, hint, error }, inside) {
    return make("fieldset", { class: `field tall ${field.type}`, "aria-describedby": about }, make("legend", {}, field.label), hint, error, inside);
  }

  row(field, { id }, choice, type, ...words) {
    const on = this.value(field).split(" ").includes(choice.id);
    return make("label", { class: on ? "row chosen" : "row" }, make("input", { type, name: id, "data-id": `${field.id}:${choice.id}`, value: choice.id,
      checked: on, disabled: this.portal.showing, onchange: (event) => this.choose(field, event.target.closest("fieldset")) }), words);
  }

  choose(field, fieldset) {
    const chosen = Array.from(fieldset.querySelectorAll("input:checked"), (input) => input.value);
    fieldset.querySelectorAll(".row").forEach((row) => row.classList.toggle("chosen", row.querySelector("input").checked));
    this.type(field.id, chosen.join(" "));
  }

  folder(field, drawn) {
    const { texts } = this.portal;
    const about = (choice) => {
      const kind = texts[`file_${choice.picture || "text"}`];
      return choice.note.toLowerCase().includes(kind) ? choice.note : [kind, choice.note].filter(Boolean).join(" · ");
    };
    const named = (name) => name.split(/(?=\.[a-z]{2,4}$)/i).flatMap((bit) => [make("wbr"), bit]); // a long one parts before «.pdf»
    const files = field.choices.map((choice) => this.row(field, drawn, choice, "radio", filePicture(choice.picture),
      make("span", { class: "words" }, named(choice.label), make("span", { class: "small" }, about(choice)))));
    return make("div", { class: "folder" }, make("p", { class: "small" }, texts.folder), make("div", { class: "files" }, files));
  }

  check(field, { id, about, hint, error }) {
    const on = this.value(field) === "true";
    const box = make("input", { type: "checkbox", id, "data-id": field.id, checked: on, disabled: this.portal.showing, "aria-invalid": field.error ? "true" : null,
      "aria-describedby": about, onchange: (event) => {
        event.target.closest(".row").classList.toggle("chosen", event.target.checked);
        this.type(field.id, event.target.checked ? "true" : "");
      } });
    return make("div", { class: "field tall" }, hint, error, make("label", { class: on ? "row chosen" : "row" }, box, field.label));
  }

  /* The element of a form that waits for the learner: a field that is empty, or wrong and not touched since. */
  waiting(form) {
    return Array.from(form.querySelectorAll("[data-field]"), (box) => {
      const { field, type, error } = box.dataset;
      const stale = error && !this.touched.has(field);
      if (type === "check") return stale ? box.querySelector(".row") : null; // some ticks are better left alone
      const input = box.querySelector("input[type=text], textarea");
      const empty = input ? !input.value.trim() : !box.querySelector("input:checked");
      return empty || stale ? input || box : null;
    }).find(Boolean);
  }
}
