/* Stands where a kernel stands: hands the view to the portal, sends its messages to the server of the preview, and
   opens the page anew when the file has changed. */

import portal from "./portal.js";

const ASK_MS = 500;
const known = JSON.parse(document.getElementById("known").textContent);

class Model {
  constructor(state) {
    this.state = state;
    this.listeners = [];
  }

  get(name) {
    return this.state[name];
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

  async send(message) {
    const headers = { "Content-Type": "application/json" };
    const request = { method: "POST", headers, body: JSON.stringify(message) };
    // A server that is gone is told by the watch below; the portal keeps the message and sends it again.
    const answer = await fetch(`send?${known.query}`, request).then((reply) => reply.json(), () => null);
    if (!answer) return;
    if (answer.view) {
      this.state.view = answer.view;
      this.fire("change:view", this, answer.view);
    }
    this.fire("msg:custom", answer.reply);
  }
}

async function watch() {
  const stamp = await fetch("stamp").then((reply) => reply.text(), () => null);
  document.querySelector(".lost").hidden = stamp !== null;
  if (stamp !== null && stamp !== known.stamp) location.reload();
  else setTimeout(watch, ASK_MS);
}

// What the author folded or unfolded stays so over the reloads of this tab; in a wide window the choice stands open.
document.querySelectorAll("details[id]").forEach((head) => {
  const kept = sessionStorage.getItem(`preview-${head.id}`);
  if (kept) head.open = kept === "open";
  else if (head.id === "choice") head.open = window.innerWidth >= 1100;
  head.addEventListener("toggle", () => sessionStorage.setItem(`preview-${head.id}`, head.open ? "open" : "folded"));
});

const place = document.getElementById("portal");
if (known.model) {
  portal.render({ model: new Model(known.model), el: place });
  document.getElementById("restart").addEventListener("click", () => place.dispatchEvent(new Event("ecitizen:restart")));
}
watch();
