// Text size and contrast, kept by the browser; runs before the page is painted so that nothing jumps.
(() => {
  const root = document.documentElement;
  const kept = (key, allowed) => {
    try {
      const value = localStorage.getItem(key);
      return allowed.includes(value) ? value : allowed[0];
    } catch {
      return allowed[0];
    }
  };
  root.dataset.size = kept("ecz-size", ["100", "140", "200"]);
  root.dataset.contrast = kept("ecz-contrast", ["off", "on"]);
})();
