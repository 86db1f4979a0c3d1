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

  const board = document.getElementById("board");
  if (board) {
    const news = document.getElementById("news");
    const offline = document.getElementById("offline");
    document.getElementById("refresh").hidden = true;
    let shown = "";
    const refresh = async () => {
      const answer = await fetch(`${base}instructor/board`).catch(() => null);
      offline.hidden = Boolean(answer);
      if (answer?.status === 403) location.reload();
      if (!answer?.ok) return;
      const text = await answer.text();
      // The token of the forms is new in every answer and no news.
      const compared = text.replace(/name="_xsrf" value="[^"]*"/g, "");
      if (compared === shown) return;
      const focused = document.activeElement?.getAttribute("value");
      board.innerHTML = text;
      if (focused) board.querySelector(`button[value="${CSS.escape(focused)}"]`)?.focus();
      const calling = [...board.querySelectorAll(".call.waiting .big")].map((place) => place.textContent);
      if (shown) news.textContent = calling.length ? `${news.dataset.calling}: ${calling.join(", ")}` : news.dataset.nobody;
      shown = compared;
    };
    setInterval(refresh, 3000);
  }
})();
