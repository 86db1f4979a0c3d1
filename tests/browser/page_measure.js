// What the eye and the finger of a librarian stumble on, as an object to compare with.
() => {
  const shown = (one) => {
    const box = one.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(one).visibility !== "hidden";
  };
  const all = (css) => [...document.querySelectorAll(css)].filter(shown);
  const named = (one) => `${one.tagName.toLowerCase()} ${(one.textContent.trim() || one.id || one.name).slice(0, 30)}`;
  const scrolled = (one) => {
    for (let at = one.parentElement; at && at.tagName !== "MAIN"; at = at.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return at.tabIndex >= 0;
    }
    return false;
  };
  const targets = "main button, main .button, main a.inline, main td a, main th a, main summary, main select, main .row," +
    " main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), .top a, .top button, .top summary";
  const letters = all("main *, .top *").filter((one) => !one.closest("svg, .unseen, .portal") &&
    [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  const levels = all("h1, h2, h3, h4").map((one) => Number(one.tagName[1]));
  const skipped = levels.some((level, place) => place > 0 && level > levels[place - 1] + 1);
  return {
    wide: Math.max(0, document.documentElement.scrollWidth - innerWidth),
    unscrolled: all("main table").filter((one) => one.getBoundingClientRect().right > innerWidth && !scrolled(one)).length,
    small: all(targets).filter((one) => one.getBoundingClientRect().height < 44).map(named),
    tiny: [...new Set(letters.filter((one) => parseFloat(getComputedStyle(one).fontSize) < 15.99).map(named))].slice(0, 5),
    headings: levels.filter((level) => level === 1).length !== 1 ? `h1: ${levels}` : skipped ? `skipped: ${levels}` :
      "h1 once, none skipped",
  };
}
