/* Pictures of the parts: inline SVG beside words that say the same, so that no picture has to be read or pressed. */

const FILE_PICTURES = {
  photo: "M5 10h38v28H5zM5 34l12-12 9 9 6-6 11 9M34 19a3 3 0 1 1-.01-.01",
  scan: "M5 14V5h9M34 5h9v9M43 34v9h-9M14 43H5v-9M14 12h20v24H14zM19 19h10M19 24h10M19 29h6",
  text: "M11 4h18l9 9v31H11zM29 4v9h9M17 22h15M17 28h15M17 34h10",
  program: "M5 8h38v32H5zM5 17h38M13 24l6 5-6 5M23 34h10",
};
const QR_SIDE = 19; // a real code has 21 squares or more a side: no telephone reads this one

Object.assign(SIGNS, { clip: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 4.8 4.8L9.6 17a1.7 1.7 0 0 1-2.4-2.4L15 7" });

function shape(tag, props, ...children) {
  const element = document.createElementNS(SVG, tag);
  Object.entries(props).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...children.flat());
  return element;
}

function drawing(kind, viewBox, ...shapes) {
  return shape("svg", { ...(viewBox ? { viewBox } : {}), class: `drawing ${kind}`, "aria-hidden": "true", focusable: "false" }, ...shapes);
}

function filePicture(kind) {
  return drawing("paper-file", "0 0 48 48", shape("path", { d: FILE_PICTURES[kind] || FILE_PICTURES.text }));
}

/* A scanner from above with its sheet: a dark heading and a stamp tell the head of the sheet from its foot. */
function scannerPicture(sheet) {
  const body = [shape("rect", { class: "body", x: 4, y: 4, width: 192, height: 152, rx: 10 }), shape("rect", { class: "glass", x: 16, y: 14, width: 168, height: 126 })];
  const lamp = shape("circle", { class: "lamp", cx: 180, cy: 148, r: 3.5 });
  if (sheet === "none") return drawing("scanner", "0 0 200 160", body, lamp);
  const paper = shape("rect", { class: "sheet", x: 54, y: 18, width: 92, height: 118 });
  const blank = shape("path", { class: "fold", d: "M128 18l18 18h-18z" });
  const words = [shape("path", { class: "heading", d: "M66 32h68" }), shape("path", { class: "words", d: "M66 48h68M66 60h68M66 72h68M66 84h50" }), shape("circle", { class: "stamp", cx: 120, cy: 112, r: 12 })];
  const turned = sheet === "down" ? { transform: "rotate(180 100 77)" } : {};
  return drawing("scanner", "0 0 200 160", body, lamp, shape("g", turned, paper, sheet === "face-down" ? blank : words));
}

/* A square that looks like a code; `seed` is any text, so that two of them differ. */
function qrPicture(seed) {
  let state = Array.from(seed).reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) >>> 0, 7);
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const eyes = [[0, 0], [QR_SIDE - 7, 0], [0, QR_SIDE - 7]];
  const inEye = (x, y) => eyes.some(([left, top]) => x >= left - 1 && x <= left + 7 && y >= top - 1 && y <= top + 7);
  let dots = "";
  for (let y = 0; y < QR_SIDE; y += 1) {
    for (let x = 0; x < QR_SIDE; x += 1) if (random() < 0.5 && !inEye(x, y)) dots += `M${x + 2} ${y + 2}h1v1h-1z`;
  }
  const rings = eyes.map(([x, y]) => `M${x + 2} ${y + 2}h7v7h-7zM${x + 3} ${y + 3}v5h5v-5zM${x + 4} ${y + 4}h3v3h-3z`).join("");
  return drawing("qr", `0 0 ${QR_SIDE + 4} ${QR_SIDE + 4}`, shape("rect", { width: QR_SIDE + 4, height: QR_SIDE + 4 }), shape("path", { d: dots + rings }));
}

/* Stops with their numbers and the lines between them. Places are shares of the width and the height, sizes are in
   letters: the words on it grow with the text and not with the window. */
function mapPicture(part) {
  const across = (share) => `${8 + share * 0.84}%`;
  const down = (share) => `${12 + share * 0.62}%`; // there is always room for the name under a stop
  const stops = new Map(part.stops.map((stop, place) => [stop.id, { ...stop, number: place + 1 }]));
  const lines = part.routes.flatMap((route, order) =>
    route.stops.slice(1).map((id, place) => {
      const [from, to] = [stops.get(route.stops[place]), stops.get(id)];
      const props = { class: `route ${route.tone} over${Math.min(order, 2)}`, x1: across(from.x), y1: down(from.y), x2: across(to.x), y2: down(to.y) };
      return shape("line", props);
    }));
  const marks = Array.from(stops.values()).map((stop) => {
    const role = stop.id === part.to ? "to" : stop.id === part.here ? "here" : "";
    const [anchor, dx] = stop.x < 25 ? ["start", "-2.2em"] : stop.x > 75 ? ["end", "2.2em"] : ["middle", "0"];
    const place = { x: across(stop.x), y: down(stop.y) };
    return shape("g", { class: `stop ${role}` },
      shape("circle", { cx: place.x, cy: place.y, r: 17 }),
      shape("text", { class: "number", ...place, dy: ".36em" }, String(stop.number)),
      shape("text", { class: `label ${anchor}`, ...place, dx, dy: "1.95em" }, stop.label));
  });
  return drawing("map", "", lines, marks);
}

function routePicture(tone) {
  return drawing("swatch", "0 0 44 12", shape("line", { class: `route ${tone}`, x1: 2, y1: 6, x2: 42, y2: 6 }));
}
