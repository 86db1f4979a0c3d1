// The page of somebody who waits for a free place: it asks from time to time, and opens the lesson when it may.
(() => {
  const ASK_MS = 3000;
  const ahead = document.getElementById("ahead");
  const ask = () => fetch(`${location.pathname}/place`, { cache: "no-store" })
    // Whose session has ended is led to the door.
    .then((reply) => (reply.ok ? reply.json() : { place: reply.status === 403 ? 0 : null }), () => null)
    .then((found) => {
      if (found && found.place === 0) return location.reload();
      // A text that stays the same is not read out again.
      if (found && found.text && found.text !== ahead.textContent) ahead.textContent = found.text;
      return setTimeout(ask, ASK_MS);
    });
  setTimeout(ask, ASK_MS);
})();
