/* The telephone: a clock, a call that rings, messages with the newest on top, and the answers to them. */

class Phone {
  constructor(portal) {
    this.portal = portal;
    this.news = "";
    this.risen = false;
    this.element = make("section", { class: "phone", "data-open": "no" });
  }

  draw({ owner, clock, messages, call }) {
    const { portal, element } = this;
    const { texts } = portal;
    const waiting = messages.filter((message) => message.fresh || (message.replies || []).length);
    const calling = Boolean(call || waiting.length);
    const news = JSON.stringify([call, waiting.map((message) => message.text)]);
    if (news !== this.news) {
      // The sheet comes up with what is new and goes away once it was used.
      element.dataset.open = calling ? "yes" : "no";
      this.risen = calling;
      this.news = news;
    }
    const inside = call ? [this.call(call)] : [];
    if (!messages.length && !call) inside.push(make("p", { class: "empty" }, texts.phone_empty));
    inside.push(...messages.slice().reverse().map((message) => this.message(message)));
    const time = clock ? make("span", { class: "clock" }, make("span", { class: "unseen" }, texts.phone_clock + " "), clock) : "";
    element.setAttribute("aria-label", owner);
    element.replaceChildren(this.toggle(calling), make("div", { class: "screen", tabindex: "0" }, make("p", { class: "owner" }, make("span", {}, owner), " ", time), inside));
    element.classList.toggle("silent", !messages.length && !call);
  }

  /* Tell once that the sheet has come up. */
  come() {
    const { risen } = this;
    this.risen = false;
    return risen;
  }

  toggle(calling) {
    const { portal, element } = this;
    const { texts } = portal;
    const open = element.dataset.open === "yes";
    const label = open ? texts.phone_hide : calling ? texts.phone_new : texts.phone_show;
    const button = portal.button(label, "ui:phone-toggle", () => {
      element.dataset.open = open ? "no" : "yes";
      this.draw(portal.view.phone);
      portal.remark();
      portal.find("ui:phone-toggle").focus();
    }, "fold");
    button.setAttribute("aria-expanded", String(open));
    return button;
  }

  message(message) {
    // The digits of the code stand apart and large wherever the text has them, with or without a space inside.
    const digits = (message.code || "").replace(/\D/g, "");
    const found = digits ? message.text.match(new RegExp(digits.split("").join("[\\s\\u00a0-]?"))) : null;
    const body = found
      ? [message.text.slice(0, found.index).trim(), make("strong", { class: "code" }, digits.replace(/^(\d{3})(\d{3})$/, "$1 $2")),
        message.text.slice(found.index + found[0].length).replace(/^[.\s]+/, "")]
      : [message.text];
    const kind = message.kind === "push" ? this.portal.texts.push : "";
    const replies = message.replies || [];
    return make("div", { class: `sms ${message.kind === "push" ? "push" : ""} ${message.fresh || replies.length ? "fresh" : ""}` },
      make("p", { class: "from" }, message.from, kind ? ` · ${kind}` : ""), make("p", {}, body), this.replies(replies));
  }

  call(call) {
    return make("div", { class: "call" }, make("p", { class: "from" }, make("b", {}, this.portal.texts.call), call.from),
      make("p", { tabindex: "-1", class: "says" }, call.says), this.replies(call.replies));
  }

  replies(replies) {
    const { portal } = this;
    if (!replies.length) return "";
    return make("div", { class: "replies" }, replies.map((reply) => portal.button(reply.label, reply.id, () => portal.reply(reply.id))));
  }

  /* What is new, as one would read it aloud. */
  words({ messages, call }) {
    const newest = messages.filter((message) => message.fresh).map((message) => `${message.from}: ${message.text}`);
    return [call ? `${this.portal.texts.call} ${call.from}. ${call.says}` : "", ...newest];
  }
}
