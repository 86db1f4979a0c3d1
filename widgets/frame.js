/* The lesson's own widget: nothing to see. It tells the page which step the kernel remembers and keeps the new ones.

   Events on `window`: it sends "ecitizen:saved" {step} once, and hears "ecitizen:step" {step} whenever the page turned. */

export default {
  render({ model }) {
    const words = (model.get("texts") || {}).portal || {};
    let wanted = null;
    // A turned page is no click that can get lost: a notice would only disturb.
    const sender = new Sender({
      model,
      name: "lesson",
      texts: { wait: "", offline: words.offline || "" },
      notice: (text, again) => window.dispatchEvent(new CustomEvent("ecitizen:notice", { detail: { text, again } })),
      settled: () => sendWanted(),
    });
    function sendWanted() {
      if (wanted === null || sender.busy) return;
      const step = wanted;
      wanted = null;
      sender.send({ do: "step", step });
    }
    function turned(event) {
      wanted = event.detail.step;
      sendWanted();
    }
    window.addEventListener("ecitizen:step", turned);
    const pending = sender.busy ? sender.pending.message.step : 0;
    const step = pending || model.get("view").step || 1;
    window.dispatchEvent(new CustomEvent("ecitizen:saved", { detail: { step } }));
    return () => {
      window.removeEventListener("ecitizen:step", turned);
      sender.close();
    };
  },
};
