/* The Jupyter kernel at the other end of a websocket, and the models of its anywidgets.

   Only the messages that a lesson's server lets through are sent: kernel_info_request, comm_open, comm_msg. */

// The older protocol without a name is no choice: stock Voila reads its binary messages as v1 ones and hangs.
const PROTOCOL = "v1.kernel.websocket.jupyter.org";
const CONTROL = "jupyter.widget.control";
const CONTROL_VERSION = "1.0.0"; // ipywidgets closes a comm that does not name it
const RETRY_MS = 2000;
const DEAD = ["restarting", "autorestarting", "dead"];

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const utf8 = { write: new TextEncoder(), read: new TextDecoder() };

/* Protocol v1: the count of offsets, the offsets (64 bit, little endian), then channel, header, parent header, metadata,
   content, buffers; each part ends where the next one begins. */
export function encode(channel, ...messages) {
  const parts = [utf8.write.encode(channel)].concat(messages.map((one) => utf8.write.encode(JSON.stringify(one))));
  const head = 8 * (parts.length + 2);
  const ends = parts.reduce((all, part) => all.concat(all[all.length - 1] + part.length), [head]);
  const bytes = new Uint8Array(ends[ends.length - 1]);
  const view = new DataView(bytes.buffer);
  [ends.length].concat(ends).forEach((number, at) => view.setUint32(8 * at, number, true));
  parts.forEach((part, at) => bytes.set(part, ends[at]));
  return bytes;
}

export function decode(data) {
  const view = new DataView(data);
  const count = view.getUint32(0, true);
  const offset = (at) => view.getUint32(8 * (at + 1), true); // no lesson sends 4 GB
  const part = (at) => new DataView(data, offset(at), offset(at + 1) - offset(at));
  const [header, parent, , content] = [1, 2, 3, 4].map((at) => JSON.parse(utf8.read.decode(part(at))));
  const buffers = Array.from({ length: count - 6 }, (_, at) => part(at + 5));
  return { header, parent, content, buffers };
}

function placeBuffers(state, paths, buffers) {
  (paths || []).forEach((path, at) => {
    const holder = path.slice(0, -1).reduce((inner, key) => inner[key], state);
    holder[path[path.length - 1]] = buffers[at];
  });
  return state;
}

/* What anywidget promises to a module: get, set, save_changes, on, off, send. */
class Model {
  constructor(kernel, id, state) {
    this.kernel = kernel;
    this.id = id;
    this.state = state;
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

export class Kernel {
  /* lost(): the kernel is gone, only a new page helps; line(up): the connection broke or came back. */
  constructor({ base, id, token, lost, line }) {
    this.at = `${base}api/kernels/${id}`;
    this.session = uuid();
    this.token = token;
    this.lost = lost;
    this.line = line;
    this.models = new Map();
    this.waiting = new Map(); // message id or comm id -> what to do with the answer
    this.unsent = [];
  }

  connect() {
    const url = new URL(`${this.at}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("session_id", this.session);
    if (this.token) url.searchParams.set("token", this.token);
    this.socket = new WebSocket(url, [PROTOCOL]);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = (event) => this.receive(decode(event.data));
    this.socket.onclose = () => this.cut();
    return new Promise((resolve) => {
      this.socket.onopen = () => {
        this.unsent.splice(0).forEach((bytes) => this.socket.send(bytes));
        this.request("kernel_info_request", {}, () => resolve());
      };
    });
  }

  request(type, content, answered) {
    const header = { msg_id: uuid(), msg_type: type, username: "", session: this.session, version: "5.3", date: new Date().toISOString() };
    if (answered) this.waiting.set(header.msg_id, answered);
    const metadata = type === "comm_open" ? { version: CONTROL_VERSION } : {};
    const bytes = encode("shell", header, {}, metadata, content);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes);
    else this.unsent.push(bytes);
  }

  comm(id, data) {
    this.request("comm_msg", { comm_id: id, data });
  }

  /* Ask for the state of all widgets: new ones become models, known ones take what changed. */
  states() {
    const id = uuid();
    this.request("comm_open", { comm_id: id, target_name: CONTROL, data: {} });
    return new Promise((resolve) => {
      this.waiting.set(id, (data, buffers) => {
        const states = placeBuffers(data.states, data.buffer_paths, buffers);
        Object.entries(states).forEach(([model, { state }]) => {
          if (this.models.has(model)) this.models.get(model).take(state);
          else this.models.set(model, new Model(this, model, state));
        });
        resolve(this.models);
      });
      this.comm(id, { method: "request_states" });
    });
  }

  receive({ header, parent, content, buffers }) {
    if (header.msg_type === "status" && DEAD.includes(content.execution_state)) this.lost();
    else if (header.msg_type === "kernel_info_reply") this.answer(parent.msg_id, content);
    else if (header.msg_type === "comm_msg") this.heard(content.comm_id, content.data, buffers);
  }

  heard(id, data, buffers) {
    const model = this.models.get(id);
    if (data.method === "update_states") this.answer(id, data, buffers);
    else if (model && data.method === "custom") model.fire("msg:custom", data.content, buffers);
    else if (model && data.state) model.take(placeBuffers(data.state, data.buffer_paths, buffers));
  }

  answer(id, ...values) {
    const answered = this.waiting.get(id);
    this.waiting.delete(id);
    if (answered) answered(...values);
  }

  cut() {
    this.line(false);
    const again = () => setTimeout(() => this.cut(), RETRY_MS);
    fetch(this.at + (this.token ? `?token=${encodeURIComponent(this.token)}` : ""), { cache: "no-store" }).then((reply) => {
      if (reply.ok) this.connect().then(() => this.states()).then(() => this.line(true));
      else if (reply.status < 500) this.lost();
      else again();
    }, again);
  }
}
