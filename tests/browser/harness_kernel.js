/* Stands where kernel.js stands: canned views in, messages kept in window.sent and acknowledged at once. A widget that is
   `live` is played by the engine on the harness' server. */

class Model {
  constructor(state) {
    this.state = state;
    this.listeners = [];
  }

  get(name) {
    return this.state[name];
  }

  send(content) {
    window.sent.push(content);
    if (this.state.live) this.play(content);
    else if (!window.silent) setTimeout(() => this.fire("msg:custom", { ack: content.key }), 0);
  }

  async play(content) {
    const { key, ...message } = content;
    const reply = await fetch(`/play/${this.state.live}`, { method: "POST", body: JSON.stringify(message) }).then((answer) => answer.json());
    if (reply.view) this.take(reply.view);
    this.fire("msg:custom", reply.view ? { ack: key } : { nack: key, reason: "refused", text: reply.text });
  }

  on(event, act) {
    this.listeners.push({ event, act });
  }

  off(event, act) {
    this.listeners = this.listeners.filter((one) => one.event !== event || one.act !== act);
  }

  fire(event, ...values) {
    this.listeners.filter((one) => one.event === event).forEach((one) => one.act(...values));
  }

  take(view) {
    this.state.view = view;
    this.fire("change:view", this, view);
  }
}

class Kernel {
  constructor() {
    this.models = [];
    window.sent = [];
  }

  async attach(id, shown) {
    const canned = await fetch("/canned.json" + location.search).then((reply) => reply.json());
    window.models = new Map(Object.entries(canned).map(([name, state]) => [name, new Model(state)]));
    this.models = (await shown).map((name) => window.models.get(name));
  }

  ping() {}
}
