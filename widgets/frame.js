/* The lesson's own widget: nothing to see. It keeps the step that the learner is on: hears "ecitizen:step" {step} on
   `window` whenever the page turned. */

export default {
  render({ model }) {
    let wanted = null;
    // A turned page is no click that can get lost: a notice would only disturb.
    const sender = new Sender({ model, name: "lesson", texts: { wait: "", offline: "" }, notice: () => {}, settled: () => sendWanted() });
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
    return () => {
      window.removeEventListener("ecitizen:step", turned);
      sender.close();
    };
  },
};
