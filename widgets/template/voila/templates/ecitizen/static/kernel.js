/* The Jupyter kernel at the other end of a websocket, and the models of the anywidgets it shows.

   Only the messages that a lesson's server lets through are sent: kernel_info_request, comm_open, comm_msg. */

// The older protocol without a name is no choice: stock Voila reads its binary messages as v1 ones and hangs.
const PROTOCOL = "v1.kernel.websocket.jupyter.org";
const CONTROL = "jupyter.widget.control";
const CONTROL_VERSION = "1.0.0"; // ipywidgets closes a comm that does not name it
const ATTACH_MS = 15000;
const PING_MS = 10000;
const DEAD = ["restarting", "autorestarting", "dead"];

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const utf8 = { write: new TextEncoder(), read: new TextDecoder() };

/* Protocol v1: the count of offsets, the offsets (64 bit, little endian), then channel, header, parent header, metadata,
   content, buffers; each part ends where the next one begins. */
function encode(channel, ...messages) {
  const parts = [utf8.write.encode(channel)].concat(messages.map((one) => utf8.write.encode(JSON.stringify(one))));
  const head = 8 * (parts.length + 2);
  const ends = parts.reduce((all, part) => all.concat(all[all.length - 1] + part.length), [head]);
  const bytes = new Uint8Array(ends[ends.length - 1]);
  const view = new DataView(bytes.buffer);
  [ends.length].concat(ends).forEach((number, at) => view.setUint32(8 * at, number, true));
  parts.forEach((part, at) => bytes.set(part, ends[at]));
  return bytes;
}

function decode(data) {
  const view = new DataView(data);
  const count = view.getUint32(0, true);
  const offset = (at) => view.getUint32(8 * (at + 1), true); // no lesson sends 4 GB
  const part = (at) => new DataView(data, offset(at), offset(at + 1) - offset(at));
  const [header, , , content] = [1, 2, 3, 4].map((at) => JSON.parse(utf8.read.decode(part(at))));
  const buffers = Array.from({ length: count - 6 }, (_, at) => part(at + 5));
  return { header, content, buffers };
}

function placeBuffers(state, paths, buffers) {
  (paths || []).forEach((path, at) => {
    const holder = path.slice(0, -1).reduce((inner, key) => inner[key], state);
    holder[path[path.length - 1]] = buffers[at];
  });
  return state;
}

/* What anywidget promises to a module: get, set, save_changes, on, off, send. It outlives its kernel: a page that comes
   back gives it the comm of the new one, and the module sees a change of state at most. */
class Model {
  constructor(kernel) {
    this.kernel = kernel;
    this.id = "";
    this.state = {};
    this.unsaved = {};
    this.listeners = [];
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    this.unsaved[name] = value;
    this.take({ [name]: value });
  }

  save_changes() {
    this.kernel.comm(this.id, { method: "update", state: this.unsaved, buffer_paths: [] });
    this.unsaved = {};
  }

  send(content) {
    this.kernel.comm(this.id, { method: "custom", content });
  }

  on(event, act) {
    this.listeners.push({ event, act });
  }

  off(event, act) {
    this.listeners = this.listeners.filter((one) => (event && one.event !== event) || (act && one.act !== act));
  }

  fire(event, ...values) {
    this.listeners.filter((one) => one.event === event).forEach((one) => one.act(...values));
  }

  take(state) {
    const changed = Object.keys(state).filter((name) => JSON.stringify(state[name]) !== JSON.stringify(this.state[name]));
    Object.assign(this.state, state);
    changed.forEach((name) => this.fire("change:" + name, this, state[name]));
    if (changed.length) this.fire("change", this);
  }
}

class Kernel {
  /* broken(): the kernel or the way to it is gone; attach() anew. */
  constructor({ base, token, broken }) {
    this.base = base;
    this.token = token;
    this.broken = broken;
    this.id = "";
    this.session = uuid();
    this.models = []; // in the order of the page
    this.unsent = [];
    this.heardAt = 0;
  }

  /* Take a kernel, whether it is the same as before or another one. `shown` is, or promises, the ids of the models that
     its page shows; promises the same number of models, in this order, with the state they have now. */
  attach(id, shown) {
    this.leave();
    if (id !== this.id) this.unsent = []; // those went to comms of the old one; who needs an answer sends again
    this.id = id;
    const socket = this.open();
    return new Promise((resolve, reject) => {
      const patience = () => setTimeout(() => reject(new Error("silent")), ATTACH_MS);
      let late = patience();
      socket.onclose = () => reject(new Error("closed"));
      const opened = new Promise((done) => (socket.onopen = done)).then(() => clearTimeout(late));
      Promise.all([opened, shown]).then(([, ids]) => {
        late = patience();
        this.states((states) => {
          clearTimeout(late);
          if (socket !== this.socket) return;
          this.adopt(ids, states);
          socket.onclose = () => this.drop();
          this.unsent.splice(0).forEach((bytes) => socket.send(bytes));
          resolve(this.models);
        });
      }).catch(reject);
    });
  }

  open() {
    const url = new URL(`${this.base}api/kernels/${this.id}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("session_id", this.session);
    if (this.token) url.searchParams.set("token", this.token);
    this.socket = new WebSocket(url.href, [PROTOCOL]);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.receive(decode(event.data));
    return this.socket;
  }

  adopt(ids, states) {
    const models = ids.map((id, at) => this.models[at] || new Model(this));
    this.models = models;
    models.forEach((model, at) => (model.id = ids[at]));
    models.forEach((model) => model.take((states[model.id] || { state: {} }).state)); // a closed widget has none
  }

  leave() {
    if (!this.socket) return;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  drop() {
    this.leave();
    this.broken();
  }

  /* Drop a kernel that says nothing for so long; a cut line is not always closed. */
  ping(patience_ms) {
    const { socket } = this;
    const asked = Date.now();
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    this.request("kernel_info_request", {});
    setTimeout(() => socket === this.socket && this.heardAt < asked && this.drop(), patience_ms || PING_MS);
  }

  request(type, content) {
    const header = { msg_id: uuid(), msg_type: type, username: "", session: this.session, version: "5.3", date: new Date().toISOString() };
    const metadata = type === "comm_open" ? { version: CONTROL_VERSION } : {};
    const bytes = encode("shell", header, {}, metadata, content);
    if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes);
    else this.unsent.push(bytes);
  }

  comm(id, data) {
    this.request("comm_msg", { comm_id: id, data });
  }

  /* Ask for the state of all widgets, in one message. */
  states(told) {
    const id = uuid();
    this.asked = { id, told };
    this.request("comm_open", { comm_id: id, target_name: CONTROL, data: {} });
    this.comm(id, { method: "request_states" });
  }

  receive({ header, content, buffers }) {
    this.heardAt = Date.now();
    if (header.msg_type === "status" && DEAD.includes(content.execution_state)) {
      if (this.socket) this.socket.onclose();
    } else if (header.msg_type === "comm_msg") {
      this.heard(content.comm_id, content.data, buffers);
    }
  }

  heard(id, data, buffers) {
    const model = this.models.find((one) => one.id === id);
    if (data.method === "update_states") {
      if (this.asked.id === id) this.asked.told(placeBuffers(data.states, data.buffer_paths, buffers));
    } else if (model && data.method === "custom") {
      model.fire("msg:custom", data.content, buffers);
    } else if (model && data.state) {
      model.take(placeBuffers(data.state, data.buffer_paths, buffers));
    }
  }
}
