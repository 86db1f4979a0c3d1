/* Stands where kernel.js stands: canned views in, messages kept in window.sent and acknowledged at once. */

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
    if (!window.silent) setTimeout(() => this.fire("msg:custom", { ack: content.key }), 0);
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

export class Kernel {
  async connect() {
    window.sent = [];
  }

  async states() {
    const canned = await fetch("/canned.json").then((reply) => reply.json());
    window.models = new Map(Object.entries(canned).map(([name, state]) => [name, new Model(state)]));
    return window.models;
  }
}
