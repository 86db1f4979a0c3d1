/* One message to the kernel at a time; it is kept until the kernel says that the event is on the disk.

   The kernel names the key in `answered`, beside the new `view`, and says {"ack": key}, or else
   {"nack": key, "reason": "offline"|"refused", "text"}. A message that got no answer waits in the browser's storage and
   is sent again, with the same key, by the page that opens next. */

const WAIT_MS = 700;
const SILENCE_MS = 6000;
const POLL_MS = 3000;
const RELOADS = 3;
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
  /* name: what tells this widget from the others of the lesson, such as "practice:order:solo";
     texts: {wait, offline, reload}; notice(text, again): show a sentence, "" takes it away, `again` asks for a button
     that opens the page anew; settled(): the kernel answered. */
  constructor({ model, name, texts, notice, settled }) {
    this.model = model;
    this.texts = texts;
    this.notice = notice;
    this.settled = settled || (() => {});
    // The lesson page tells who learns here and where the server is; JupyterLab has no such page.
    this.page = globalThis.ecitizen || null;
    const owner = this.page ? this.page.owner : "here";
    const lesson = this.page ? this.page.lesson : "";
    this.slot = ["ecz-unsent", owner, lesson, name].join(":");
    this.store = this.page && this.page.guest ? sessionStorage : localStorage;
    this.pending = null;
    this.timers = [];
    this.receive = (content) => this.answer(content);
    model.on("msg:custom", this.receive);
    // Before the page draws the view: what it draws can be pressed at once.
    this.look = () => this.answer({ ack: model.get("answered") });
    model.on("change:view", this.look);
    model.on("change:answered", this.look);
    this.resume();
  }

  get busy() {
    return this.pending !== null;
  }

  /* Give false, and send nothing, while an earlier message is on its way. */
  send(message) {
    if (this.busy) {
      this.notice(this.texts.wait, false);
      return false;
    }
    this.pending = { key: uuid(), message, since: Date.now(), reloads: 0 };
    this.keep();
    this.transmit();
    return true;
  }

  transmit() {
    this.model.send({ key: this.pending.key, ...this.pending.message });
    this.later(WAIT_MS, () => this.notice(this.texts.wait, false));
    this.later(SILENCE_MS, () => this.offline());
  }

  answer(content) {
    if (!this.busy || !content) return;
    const { key } = this.pending;
    if (content.ack === key) this.settle("");
    else if (content.nack === key && content.reason === "offline") this.offline();
    else if (content.nack === key) this.settle(content.text || "");
  }

  settle(text) {
    this.quiet();
    this.pending = null;
    this.store.removeItem(this.slot);
    this.notice(text, false);
    this.settled();
  }

  offline() {
    this.quiet();
    if (!this.page) {
      this.notice(this.texts.offline, false);
      this.later(SILENCE_MS, () => this.transmit());
      return;
    }
    // After a few reloads in vain only the learner, or the helper, decides about one more.
    const inVain = this.pending.reloads >= RELOADS;
    this.notice(this.texts.offline, inVain);
    if (!inVain) this.poll();
  }

  poll() {
    fetch(this.page.base + "health", { cache: "no-store" }).then(
      (reply) => (reply.status < 500 ? this.reload() : this.later(POLL_MS, () => this.poll())),
      () => this.later(POLL_MS, () => this.poll()),
    );
  }

  reload() {
    if (!this.busy) return;
    this.pending.reloads += 1;
    this.keep();
    location.reload();
  }

  resume() {
    let kept = null;
    try {
      kept = JSON.parse(this.store.getItem(this.slot));
    } catch (error) {
      kept = null; // not ours: someone else's page wrote it
    }
    if (!kept || !kept.key || Date.now() - kept.since > KEPT_MS) {
      this.store.removeItem(this.slot);
      return;
    }
    this.pending = kept;
    this.transmit();
  }

  keep() {
    this.store.setItem(this.slot, JSON.stringify(this.pending));
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
    this.model.off("msg:custom", this.receive);
    this.model.off("change:view", this.look);
    this.model.off("change:answered", this.look);
  }
}
