// The buttons for size and contrast, the state of a call for help, and the desk that refreshes itself.
(() => {
  const root = document.documentElement;
  const base = document.body.dataset.base;
  const keep = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // A browser that keeps nothing still shows the page as asked until it is left.
    }
  };

  const size = document.getElementById("size");
  const contrast = document.getElementById("contrast");
  const NEXT = { 100: "140", 140: "200", 200: "100" };
  const draw = () => {
    size.textContent = `${size.dataset.label} ·\u00a0${root.dataset.size}\u00a0%`;
    contrast.setAttribute("aria-pressed", String(root.dataset.contrast === "on"));
  };
  size.addEventListener("click", () => {
    root.dataset.size = NEXT[root.dataset.size];
    keep("ecz-size", root.dataset.size);
    draw();
  });
  contrast.addEventListener("click", () => {
    root.dataset.contrast = root.dataset.contrast === "on" ? "off" : "on";
    keep("ecz-contrast", root.dataset.contrast);
    draw();
  });
  draw();
  size.hidden = contrast.hidden = false;

  // A learner who called sees when help is coming.
  const call = document.getElementById("call");
  if (call && call.dataset.call !== "none") {
    setInterval(async () => {
      const answer = await fetch(`${base}me`).catch(() => null);
      if (answer?.ok && (await answer.json()).call !== call.dataset.call) location.reload();
    }, 5000);
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // A form sent with one press stays one; the server would keep a second one out as well.
  for (const form of document.querySelectorAll("form.consult")) {
    form.addEventListener("submit", () => setTimeout(() => (form.inert = true)));
  }
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form.consult")) form.inert = false;
  });

  const board = document.getElementById("board");
  if (!board) return;
  const news = document.getElementById("news");
  const offline = document.getElementById("offline");
  document.getElementById("refresh").hidden = true;
  let calling = null;
  let changes = 0;

  // The token of the forms is new in every answer and no news.
  const said = (one) => one.outerHTML.replace(/name="_xsrf" value="[^"]*"/g, "");
  const keyed = (where) => [...where.querySelectorAll("[data-key]")].filter((one) => !one.querySelector("[data-key]"));
  const names = (parts) => parts.map((one) => one.dataset.key).join("\n");

  // Only cards that say something new are put in anew, so that nothing flickers and a press never misses its button.
  const repaint = (fresh) => {
    const focused = document.activeElement;
    const [old, now] = [keyed(board), keyed(fresh)];
    if (names(old) === names(now)) {
      old.forEach((one, place) => said(one) === said(now[place]) || one.replaceWith(now[place]));
    } else {
      board.replaceChildren(...fresh.childNodes);
    }
    if (focused?.value && !focused.isConnected) {
      const again = [...board.querySelectorAll("button")].find((one) => one.value === focused.value);
      (again ?? board.querySelector("button"))?.focus({ preventScroll: true });
    }
    const waiting = [...board.querySelectorAll(".call.waiting .big")].map((place) => place.textContent).join(", ");
    if (calling !== null && calling !== waiting) {
      news.textContent = waiting ? `${news.dataset.calling}: ${waiting}` : news.dataset.nobody;
    }
    calling = waiting;
  };

  setInterval(async () => {
    const before = changes;
    const answer = await fetch(board.dataset.src).catch(() => null);
    offline.hidden = Boolean(answer);
    if (answer?.status === 403) location.reload();
    if (!answer?.ok) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = await answer.text();
    // What was asked before a press may not undo what the press has shown.
    if (before === changes) repaint(fresh);
  }, 3000);

  // A mark is saved by the same form, without leaving the page.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-in-place]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter?.name) body.append(event.submitter.name, event.submitter.value);
    changes += 1;
    const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
    changes += 1;
    offline.hidden = Boolean(answer);
    if (!answer) return;
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const fresh = page?.getElementById("board");
    // A page about something else now (the session is over, another group's hour has come) is shown whole.
    if (!fresh || fresh.dataset.src !== board.dataset.src) {
      location.assign(answer.ok ? answer.url : `${base}instructor`);
      return;
    }
    const scene = document.getElementById("scene");
    scene.replaceChildren(...page.getElementById("scene").childNodes);
    repaint(fresh);
    const strip = document.getElementById("said");
    if (document.activeElement === document.body) strip?.querySelector("button")?.focus({ preventScroll: true });
    const told = strip?.querySelector("p")?.textContent;
    if (told) news.textContent = told;
  });
})();
