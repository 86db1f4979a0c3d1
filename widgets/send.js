/* One message to the kernel at a time; it is kept until the kernel says that the event is on the disk.

   The kernel names the key in `answered`, beside the new `view`, and says {"ack": key}, or else
   {"nack": key, "reason": "offline"|"unstored"|"refused", "text"}. A message that got no answer waits in the browser's storage and
   is sent again, with the same key, by the page that opens next. */

const WAIT_MS = 700;
const SILENCE_MS = 6000;
const LONGEST_MS = 15000;
const KEPT_MS = 12 * 60 * 60 * 1000;

function uuid() {
  // crypto.randomUUID exists on https and localhost only; a library's server is plain http.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [8, 12, 16, 20].reduceRight((text, at) => text.slice(0, at) + "-" + text.slice(at), hex);
}

class Sender {
  /* name: what tells this widget from the others of the lesson, such as "practice:order:solo"; texts: {wait, offline, unstored};
     notice(text): show a sentence, "" takes it away; settled(): the kernel answered. */
  constructor({ model, name, texts, notice, settled }) {
    this.model = model;
    this.texts = texts;
    this.notice = notice;
    this.settled = settled || (() => {});
    // The lesson page tells who learns here and whether the line is up; JupyterLab has no such page.
    this.page = window.ecitizen || null;
    this.name = name;
    const owner = this.page ? this.page.owner : "here";
    const lesson = this.page ? this.page.lesson : "";
    this.slot = ["ecz-unsent", owner, lesson, name].join(":");
    this.store = this.page && this.page.guest ? sessionStorage : localStorage;
    this.pending = null;
    this.tries = 0;
    this.said = "";
    this.timers = [];
    this.receive = (content) => this.answer(content);
    model.on("msg:custom", this.receive);
    // Before the page draws the view: what it draws can be pressed at once.
    this.look = () => this.answer({ ack: model.get("answered") });
    model.on("change:view", this.look);
    model.on("change:answered", this.look);
    this.lined = ({ detail }) => this.busy && (detail.up ? this.transmit() : this.offline());
    window.addEventListener("ecitizen:line", this.lined);
    this.resume();
  }

  get busy() {
    return this.pending !== null;
  }

  /* Give false, and send nothing, while an earlier message is on its way. */
  send(message) {
    if (this.busy) {
      this.say(this.texts.wait);
      return false;
    }
    this.pending = { key: uuid(), message, since: Date.now() };
    this.tries = 0;
    this.keep();
    this.transmit();
    return true;
  }

  keep() {
    try {
      this.store.setItem(this.slot, JSON.stringify(this.pending));
    } catch (error) {
      console.warn("the browser keeps nothing: a reload would lose this answer", error); // a full disk, a closed storage
    }
  }

  transmit() {
    this.quiet();
    if (this.page && !this.page.up) {
      this.offline();
      return;
    }
    this.model.send({ key: this.pending.key, ...this.pending.message });
    if (!this.tries) this.later(WAIT_MS, () => this.say(this.texts.wait));
    this.later(SILENCE_MS, () => {
      if (this.page) this.page.check();
      this.offline();
    });
  }

  answer(content) {
    if (!this.busy || !content) return;
    const { key } = this.pending;
    if (content.ack === key) this.settle("");
    else if (content.nack === key && ["offline", "unstored"].includes(content.reason)) this.offline(content.reason);
    else if (content.nack === key) this.settle(content.text || "");
  }

  /* What is said twice is read out twice. */
  say(text) {
    if (text !== this.said) this.notice(text);
    this.said = text;
  }

  settle(text) {
    this.quiet();
    if ((this.kept() || {}).key === this.pending.key) this.store.removeItem(this.slot); // else another tab's
    this.pending = null;
    this.said = "";
    this.notice(text);
    this.tell(false);
    this.settled();
  }

  /* Send again, with the same key, as soon as the line is up, and else from time to time; `why` names the words. */
  offline(why) {
    this.quiet();
    this.say(this.texts[why] || this.texts.offline);
    this.tell(true);
    this.tries += 1;
    this.later(Math.min(1000 * 2 ** this.tries, LONGEST_MS), () => this.transmit());
  }

  /* Let the page know that this widget says itself why nothing happens. */
  tell(kept) {
    if (this.texts.offline) window.dispatchEvent(new CustomEvent("ecitizen:kept", { detail: { name: this.name, kept } }));
  }

  kept() {
    try {
      return JSON.parse(this.store.getItem(this.slot));
    } catch (error) {
      return null; // not ours: someone else's page wrote it
    }
  }

  resume() {
    const kept = this.kept();
    if (!kept || !kept.key || Date.now() - kept.since > KEPT_MS) {
      this.store.removeItem(this.slot);
      return;
    }
    this.pending = kept;
    this.transmit();
  }

  later(ms, act) {
    this.timers.push(setTimeout(act, ms));
  }

  quiet() {
    this.timers.forEach(clearTimeout);
    this.timers = [];
  }

  close() {
    this.quiet();
    window.removeEventListener("ecitizen:line", this.lined);
    this.model.off("msg:custom", this.receive);
    this.model.off("change:view", this.look);
    this.model.off("change:answered", this.look);
  }
}
