/* The player of the show mode: the golden path frame by frame, only when asked, and never faster than one can read. */

const STEP_MS = 8000;

class Player {
  constructor(portal) {
    this.portal = portal;
    this.frame = 0;
    this.ticking = null;
    this.watched = false;
    this.element = make("section", { class: "player", "aria-label": portal.texts.player, hidden: true });
  }

  get frames() {
    return this.portal.showing ? this.portal.model.get("frames") || [] : [];
  }

  get now() {
    return this.frames[this.frame] || null;
  }

  get caption() {
    return this.watched && this.now ? this.now.caption : "";
  }

  filled(field) {
    const { now } = this;
    return (now && now.fill && now.fill[field]) || "";
  }

  draw() {
    const { portal, element } = this;
    const total = this.frames.length;
    element.hidden = total === 0;
    if (element.hidden) return;
    const { texts } = portal;
    const begun = this.ticking !== null || this.frame > 0 || this.watched;
    const last = this.frame >= total - 1;
    const play = this.ticking ? texts.pause : last && begun ? texts.watch_again : begun ? texts.watch_on : texts.watch;
    const previous = portal.button(texts.step_back, "ui:step-back", () => this.turn(-1));
    const next = portal.button(texts.step_forward, "ui:step-forward", () => this.turn(1));
    previous.disabled = this.frame === 0;
    next.disabled = last;
    element.replaceChildren(
      make("p", { class: "caption" }, make("span", { class: "count" }, begun ? fill(texts.frame, { n: this.frame + 1, total }) : texts.player),
        begun ? this.now.caption : texts.watch_intro),
      make("div", { class: "keys" }, portal.button(play, "ui:play", () => this.play(), "main"), previous, next),
    );
  }

  play() {
    if (this.ticking) {
      this.stop();
    } else {
      if (this.frame >= this.frames.length - 1) this.frame = 0;
      this.watched = true;
      this.ticking = setInterval(() => this.tick(), STEP_MS);
    }
    this.redraw("ui:play");
  }

  tick() {
    // A page turned away stands still.
    if (!this.element.isConnected || this.element.closest("[hidden]")) this.stop();
    else if (this.frame < this.frames.length - 1) this.frame += 1;
    if (this.frame >= this.frames.length - 1) this.stop();
    this.redraw(null);
  }

  turn(by) {
    this.stop();
    this.watched = true;
    this.frame = Math.max(0, Math.min(this.frames.length - 1, this.frame + by));
    this.redraw(by < 0 ? "ui:step-back" : "ui:step-forward");
  }

  stop() {
    clearInterval(this.ticking);
    this.ticking = null;
  }

  redraw(focus) {
    const { portal } = this;
    const active = document.activeElement;
    const id = focus || (active && this.element.contains(active) ? active.dataset.id : null);
    portal.screen = null; // no jump of the focus: the learner's hand is on the player
    portal.draw();
    const target = id ? portal.find(id) : null;
    if (target && target.disabled) portal.find("ui:play").focus();
    else if (target) target.focus();
    const marked = portal.root.querySelector(".browser .marked, .phone .marked");
    if (marked) marked.scrollIntoView({ block: "nearest" });
  }
}
