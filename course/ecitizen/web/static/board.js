// The desk, or the list of calls, that says by itself what happens: news come by server-sent events and are put into the
// page where they belong.
(() => {
  const RETRY_MS = 5000;
  const GONE_MS = 6000;
  const SILENT_MS = 45000;
  const NOTES = [[660, 0], [880, 0.18]];

  const base = document.body.dataset.base;
  const board = document.getElementById("board");
  const news = document.getElementById("news");
  const offline = document.getElementById("offline");
  const enough = document.getElementById("enough");
  const refresh = document.getElementById("refresh");
  const key = (node) => (node.nodeType === 1 ? node.dataset.key || node.dataset.call || "" : "");
  let calling = null;
  let changes = 0;

  // ---- repainting ----

  // What is the same stays the same element: no flicker, no lost focus, and a press never misses its button.
  const morph = (old, now) => {
    if (old.nodeType !== now.nodeType || old.nodeName !== now.nodeName || key(old) !== key(now)) {
      old.replaceWith(now);
      return;
    }
    if (old.nodeType !== 1) {
      if (old.data !== now.data) old.data = now.data;
      return;
    }
    if (old.matches("details")) now.open = old.open;
    for (const { name } of [...old.attributes]) if (!now.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of now.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    within(old, now);
  };
  const within = (old, now) => {
    const kept = new Map([...old.children].filter(key).map((one) => [key(one), one]));
    let at = old.firstChild;
    for (const fresh of [...now.childNodes]) {
      const same = kept.get(key(fresh));
      while (same && at && at !== same && !key(at)) {
        const gone = at;
        at = at.nextSibling;
        gone.remove();
      }
      if (same && same !== at) old.insertBefore(same, at);
      if (same) at = same;
      const next = at && at.nextSibling;
      if (!at || (!same && key(at))) old.insertBefore(fresh, at);
      else {
        morph(at, fresh);
        at = next;
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  };

  const parsed = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  };

  const painted = () => {
    const waiting = [...board.querySelectorAll(".call.waiting")];
    const names = waiting.map((one) => one.querySelector(".big").textContent).join(", ");
    if (calling !== null && calling !== names) {
      news.textContent = names ? `${news.dataset.calling}: ${names}` : news.dataset.nobody;
    }
    const known = (calling === null ? names : calling).split(", ");
    if (names && names.split(", ").some((name) => !known.includes(name))) chime();
    calling = names;
  };

  const whole = (fresh) => {
    const focused = document.activeElement;
    within(board, fresh);
    if (focused && focused.value && !focused.isConnected) {
      const again = [...board.querySelectorAll("button")].find((one) => one.value === focused.value);
      const next = again || board.querySelector("button");
      if (next) next.focus({ preventScroll: true });
    }
    painted();
  };

  const pieces = (cards) => {
    for (const [name, html] of Object.entries(cards)) {
      const old = board.querySelector(`[data-key="${CSS.escape(name)}"]`);
      const now = parsed(html).firstElementChild;
      if (old && now) morph(old, now);
    }
    painted();
  };

  // ---- the sound of a call: off until somebody asks for it ----

  let audio = null;
  const chime = () => {
    if (!audio) return;
    for (const [hz, at] of NOTES) {
      const [tone, loud] = [audio.createOscillator(), audio.createGain()];
      tone.frequency.value = hz;
      loud.gain.setValueAtTime(0.15, audio.currentTime + at);
      loud.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.5);
      tone.connect(loud).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.5);
    }
  };
  const drawSound = () => {
    const sound = document.getElementById("sound");
    if (!sound) return;
    sound.hidden = false;
    sound.textContent = audio ? sound.dataset.on : sound.dataset.off;
    sound.setAttribute("aria-pressed", String(Boolean(audio)));
  };
  // A browser lets a page sound only after a press on it, so that each page is asked anew.
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#sound")) return;
    if (audio) audio.close();
    audio = audio ? null : new AudioContext();
    drawSound();
    chime();
  });
  drawSound();

  // ---- listening ----

  const ask = async () => {
    const before = changes;
    const answer = await fetch(board.dataset.src).catch(() => null);
    offline.hidden = Boolean(answer);
    if (answer && (answer.status === 403 || answer.redirected)) location.reload();
    else if (answer && answer.ok && before === changes) {
      const fresh = parsed(await answer.text());
      whole(fresh.getElementById("board") || fresh);
    }
    return Boolean(answer && answer.ok);
  };

  let source = null;
  let gone = null;
  let silent = null;
  let retry = null;
  // A cut cable makes no error: what is not heard of for some beats is taken for gone.
  const heard = () => {
    clearTimeout(gone);
    clearTimeout(silent);
    gone = null;
    silent = setTimeout(again, SILENT_MS);
    offline.hidden = true;
  };
  const again = () => {
    offline.hidden = false;
    listen();
  };
  const stop = () => {
    clearTimeout(gone);
    clearTimeout(silent);
    clearTimeout(retry);
    source.close();
  };
  const listen = () => {
    clearTimeout(retry);
    if (source) source.close();
    const [place, query] = board.dataset.src.split("?");
    source = new EventSource(`${place}/events${query ? `?${query}` : ""}`);
    source.addEventListener("open", heard);
    source.addEventListener("beat", heard);
    source.addEventListener("board", (event) => (heard(), whole(parsed(event.data))));
    source.addEventListener("cards", (event) => (heard(), pieces(JSON.parse(event.data))));
    source.addEventListener("enough", () => {
      stop();
      enough.hidden = refresh.hidden = false;
    });
    source.addEventListener("error", async () => {
      // The server ends the line now and then, and the browser comes again by itself: no word about that.
      if (!gone) gone = setTimeout(() => (offline.hidden = false), GONE_MS);
      if (source.readyState !== EventSource.CLOSED) return;
      await ask();
      clearTimeout(retry);
      retry = setTimeout(listen, RETRY_MS);
    });
  };
  refresh.hidden = true;
  painted();
  listen();
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => event.persisted && listen());

  // ---- what is pressed is done without leaving the page ----

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-in-place]")) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter && event.submitter.name) body.append(event.submitter.name, event.submitter.value);
    changes += 1;
    const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
    changes += 1;
    offline.hidden = Boolean(answer);
    if (!answer) return;
    if (answer.status === 403 && form.requestSubmit) {
      // The session is over: the page that asks for the PIN keeps what was pressed.
      form.removeAttribute("data-in-place");
      form.requestSubmit(event.submitter);
      return;
    }
    const page = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const fresh = page && page.getElementById("board");
    // A page about something else now (the session is over, another group's hour has come) is shown whole.
    if (!fresh || fresh.dataset.src !== board.dataset.src) {
      location.assign(answer.ok ? answer.url : `${base}instructor`);
      return;
    }
    const scene = document.getElementById("scene");
    scene.replaceChildren(...page.getElementById("scene").childNodes);
    drawSound();
    whole(fresh);
    const strip = document.getElementById("said");
    const button = strip && strip.querySelector("button");
    if (button && document.activeElement === document.body) button.focus({ preventScroll: true });
    const line = strip && strip.querySelector("p");
    const told = line && line.textContent;
    if (told) news.textContent = told;
  });
})();
