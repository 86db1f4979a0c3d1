// The screens of the queue: the hall and the kiosk keep themselves fresh, a page nobody uses goes back to the beginning.
(() => {
  const ASK_MS = 3000;
  const watched = document.querySelector("[data-watch]");
  const left = document.querySelector("[data-home]");
  const print = document.getElementById("print");

  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  if (left) {
    let timer = 0;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => location.replace(left.dataset.home), Number(left.dataset.after) * 1000);
    };
    ["pointerdown", "keydown"].forEach((name) => addEventListener(name, wait));
    wait();
  }

  // What is being typed or chosen stays: the page is made anew only while nobody is in a form of it.
  const busy = () => {
    const at = document.activeElement;
    const typing = at && watched.contains(at) && at.matches("input, select, textarea");
    return typing || Array.from(watched.querySelectorAll("input, select, textarea")).some((field) => (
      field.matches("select")
        ? Array.from(field.options).some((one) => one.selected !== one.defaultSelected && field.selectedIndex > 0)
        : field.type === "radio" || field.type === "checkbox"
          ? field.checked !== field.defaultChecked
          : field.type !== "hidden" && field.value !== field.defaultValue));
  };

  const renew = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.querySelector("[data-watch]");
    // The kiosk asks how it was: another page altogether.
    if (!fresh) return location.reload();
    const bare = (node) => node.innerHTML.replace(/name="(once|_xsrf)" value="[^"]*"/g, "");
    if (busy() || bare(fresh) === bare(watched)) return undefined;
    const spot = document.activeElement && watched.contains(document.activeElement)
      ? Array.from(watched.querySelectorAll("a, button")).indexOf(document.activeElement) : -1;
    watched.innerHTML = fresh.innerHTML;
    if (spot >= 0) {
      const same = watched.querySelectorAll("a, button")[spot];
      if (same) same.focus();
    }
    return undefined;
  };

  // Nobody asked for that: it keeps no session awake, and when there is none any more, the door shows.
  const ask = () => fetch(location.href, { cache: "no-store", headers: { "X-By-Itself": "yes" } })
    .then((reply) => {
      if (reply.redirected) return busy() ? null : location.reload();
      return reply.ok ? reply.text().then(renew) : null;
    }, () => null)
    .then(() => setTimeout(ask, ASK_MS));
  if (watched) setTimeout(ask, ASK_MS);
})();
