// The buttons for size and contrast, the state of a call for help, printing.
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
    const share = document.createElement("span");
    share.className = "share";
    share.textContent = ` ·\u00a0${root.dataset.size}\u00a0%`;
    size.textContent = size.dataset.label;
    size.append(share);
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
      if (answer && answer.ok && (await answer.json()).call !== call.dataset.call) location.reload();
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
})();
