/* Making elements: what portal.js, quiz.js and scale.js share. */

const SVG = "http://www.w3.org/2000/svg";
const SIGNS = {
  done: "M4 13l5 5L20 6",
  now: "M4 12h15M13 6l6 6-6 6",
  lock: "M5 11h14v9H5zM8 11V7a4 4 0 0 1 8 0v4",
  open: "M5 11h14v9H5zM8 11V7a4 4 0 0 1 7.5-2",
};

function make(tag, props, ...children) {
  const element = document.createElement(tag);
  Object.entries(props || {}).forEach(([name, value]) => {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  });
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

function sign(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "sign");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SIGNS[name]);
  svg.append(path);
  return svg;
}

/* Tell whether a sentence begins with a word, whatever stands behind it. */
function startsWith(text, word) {
  const bare = word.replace(/[.!]$/, "").toLowerCase();
  return text.toLowerCase().startsWith(bare) && !/^[\p{L}]/u.test(text.slice(bare.length));
}

/* Let a long address go over to the next line where one would part it oneself: before each mark. */
function breakable(text, mark) {
  return text.split(mark).flatMap((bit, place) => (place ? [make("wbr"), mark + bit] : bit));
}

function fill(text, values) {
  return Object.entries(values).reduce((done, [name, value]) => done.split(`{${name}}`).join(value), text || "");
}
