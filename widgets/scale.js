/* One question with wordy answers from one end to the other; dom.js and send.js stand in front of this file. */

let scales = 0;

export default {
  render({ model, el }) {
    const texts = (model.get("texts") || {}).scale || {};
    const words = (model.get("texts") || {}).portal || {};
    const name = `scale${(scales += 1)}`;
    const net = make("p", { class: "note amber", role: "status", hidden: true });
    const root = make("div", { class: "ecz scale" });
    el.replaceChildren(root);
    let chosen = null;
    // Before and after are two widgets of one lesson: the question tells them apart.
    const sender = new Sender({ model, name: `scale:${model.get("view").question}`, texts: words, notice: say });

    function say(text) {
      net.hidden = !text;
      net.textContent = text || "";
    }

    function draw(focus) {
      const { question, levels, given } = model.get("view");
      chosen = chosen || given;
      const rows = levels.map((level, at) => make("label", { class: at + 1 === chosen ? "row chosen" : "row" },
        make("input", { type: "radio", name, value: String(at + 1), checked: at + 1 === chosen, onchange: (event) => {
          chosen = at + 1;
          root.querySelectorAll(".row").forEach((row) => row.classList.toggle("chosen", row.contains(event.target)));
        } }), level));
      const told = given ? make("p", { class: "note good", role: "status" }, texts.thanks) : "";
      const submit = (event) => {
        event.preventDefault();
        if (chosen) sender.send({ do: "rate", level: chosen });
        else say(texts.choose);
      };
      root.replaceChildren(make("form", { class: "card", novalidate: true, onsubmit: submit },
        make("fieldset", {}, make("legend", {}, make("h3", {}, question)), rows), told, net,
        make("button", { type: "submit", class: given ? null : "main" }, given ? texts.change : texts.send)));
      if (focus) root.querySelector("button").focus();
    }

    const changed = () => draw(true);
    model.on("change:view", changed);
    draw(false);
    return () => {
      model.off("change:view", changed);
      sender.close();
    };
  },
};
