// Notes what the board touches, and when that is painted: `probe` is {painted: [[card, step, ms since the epoch]],
// added, removed: nodes, changed: values that became others, idle: values written though the same, shifts: score}.
() => {
  const board = document.getElementById("board");
  const probe = (window.probe = { painted: [], added: 0, removed: 0, changed: 0, idle: 0, shifts: 0 });
  const now = () => performance.timeOrigin + performance.now();
  const noted = (record) => {
    probe.added += record.addedNodes.length;
    probe.removed += record.removedNodes.length;
    if (record.type === "childList") return;
    const value = record.type === "attributes" ? record.target.getAttribute(record.attributeName) : record.target.data;
    probe[value === record.oldValue ? "idle" : "changed"] += 1;
  };
  new MutationObserver((records) => {
    records.forEach(noted);
    const places = records.map(({ target }) => (target.closest ? target : target.parentElement)?.closest(".pupil"));
    const shown = [...new Set(places)].filter(Boolean).map((card) => [card.dataset.key, card.querySelector(".way")?.value]);
    // Two frames later: the first one has drawn it by then.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => probe.painted.push(...shown.map(([key, step]) => [key, step, now()]))),
    );
  }).observe(board, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeOldValue: true,
    characterData: true,
    characterDataOldValue: true,
  });
  new PerformanceObserver((list) => list.getEntries().forEach((one) => (probe.shifts += one.value))).observe({
    type: "layout-shift",
  });
};
