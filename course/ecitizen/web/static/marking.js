// Points by digits, ready phrases by a button, Ctrl+Enter to save, drafts that outlive a step aside, and how far grading has come.
(() => {
  const form = document.querySelector("form.marking");
  const collect = document.getElementById("collect");

  if (form) {
    const comment = form.elements.comment;
    document.getElementById("keys").hidden = false;
    for (const label of form.querySelectorAll("label.phrase")) {
      const text = label.querySelector("span").textContent;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "phrase";
      button.textContent = text;
      button.addEventListener("click", () => {
        const before = comment.value.trimEnd();
        comment.value = before ? `${before}${before.includes("\n") ? "\n" : " "}${text}` : text;
        keep();
        comment.focus();
      });
      const ticked = label.querySelector("input").checked;
      label.replaceWith(button);
      if (ticked && !comment.value.includes(text)) comment.value = `${comment.value.trimEnd()} ${text}`.trim();
    }

    const lines = [...form.querySelectorAll("fieldset.line")];
    let last = null;
    const give = (line, points) => {
      const step = [...line.querySelectorAll("input[type=radio]")].find((one) => Number(one.value) === points);
      if (!step) return false;
      step.checked = true;
      last = line;
      const next = lines[lines.indexOf(line) + 1];
      (next ? next.querySelector("input:checked") || next.querySelector("input") : step).focus();
      keep();
      return true;
    };
    document.getElementById("digits").hidden = false;
    document.addEventListener("keydown", (event) => {
      const at = document.activeElement;
      if (event.ctrlKey || event.altKey || event.metaKey || at.matches("textarea, input[type=text]")) return;
      if (/^[0-9]$/.test(event.key)) {
        const line = lines.find((one) => one.contains(at)) || lines.find((one) => !one.querySelector("input:checked"));
        if (line && give(line, Number(event.key))) event.preventDefault();
      } else if (",.".includes(event.key) && last) {
        const given = last.querySelector("input:checked");
        if (given && give(last, Math.floor(Number(given.value)) + 0.5)) event.preventDefault();
      }
    });

    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        form.requestSubmit(form.querySelector(".acts button.main"));
      }
    });

    // What was typed stays in this tab until it is saved, so that looking at another work loses nothing.
    const key = `ecz-mark-${form.dataset.draft}`;
    const radios = () => [...form.querySelectorAll("input[type=radio]")];
    const state = () => ({
      before: form.elements.before.value,
      version: form.elements.version.value,
      comment: comment.value,
      points: Object.fromEntries(radios().filter((one) => one.checked).map((one) => [one.name, one.value])),
    });
    const keep = () => {
      try {
        sessionStorage.setItem(key, JSON.stringify(state()));
      } catch {
        // A browser that keeps nothing still saves by the button.
      }
    };
    form.addEventListener("input", keep);
    form.addEventListener("submit", (event) => {
      if (!event.submitter || event.submitter.value !== "reveal") sessionStorage.removeItem(key);
    });
    const draft = JSON.parse(sessionStorage.getItem(key) || "null");
    const same = draft && draft.before === form.elements.before.value && draft.version === form.elements.version.value;
    if (same && !document.getElementById("trouble")) {
      comment.value = draft.comment;
      for (const one of radios()) if (one.name in draft.points) one.checked = draft.points[one.name] === one.value;
    }
  }

  if (collect) {
    const follow = async () => {
      const shown = document.getElementById("collect");
      if (shown.dataset.stage !== "running") return;
      const answer = await fetch(location.href, { headers: { "X-By-Itself": "yes" } }).catch(() => null);
      if (answer && answer.ok) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("collect");
        if (!fresh || fresh.dataset.stage !== "running") {
          location.reload();
          return;
        }
        shown.querySelector("[role=status]").textContent = "";
        shown.querySelector("[role=status]").append(...fresh.querySelector("[role=status]").childNodes);
      }
      setTimeout(follow, 2000);
    };
    setTimeout(follow, 1000);
  }
})();
