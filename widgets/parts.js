/* The parts of a simulated page, a function a kind: from what the kernel sent to elements. What happens after a press
   is the kernel's affair; here stay only which day is open and whether addresses are shown. */

const PARTS = {
  text: (part) => make("p", {}, part.text),
  notice: (part) => make("p", { class: `note ${part.tone}` }, part.text),
  menu: (part, portal) => make("div", { class: `menu ${part.style}` }, part.controls.map((control) => portal.control(control, part.style))),
  rows: (part) => (part.rows.length ? labelled(part.rows, part.title, "rows") : make("p", { hidden: true })),
  form, search, cards, calendar, table, bill, letter, mailbox, chat, map, board, scanner, qr, paper,
};

function drawPart(part, portal) {
  const kind = PARTS[part.kind];
  return kind ? kind(part, portal) : make("p", { hidden: true });
}

/* Tell whether a control or a field of this id stands anywhere in the part. */
function holds(part, id) {
  if (Array.isArray(part)) return part.some((one) => holds(one, id));
  if (part === null || typeof part !== "object") return false;
  return part.id === id || Object.values(part).some((one) => holds(one, id));
}

/* On a narrow page the label is drawn above its value; the roles keep the table a table for a screen reader. */
function labelled(rows, title, kind) {
  const line = ([label, value]) => make("tr", { role: "row" }, make("th", { scope: "row", role: "rowheader" }, label), make("td", { role: "cell" }, value));
  return make("table", { class: kind, role: "table" }, title ? make("caption", {}, title) : "", make("tbody", { role: "rowgroup" }, rows.map(line)));
}

function badge(words, tone) {
  return words ? make("span", { class: `badge ${tone || ""}` }, words) : "";
}

/* Arrow keys go between the buttons of a group; Tab does so too. */
function arrows(group) {
  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const buttons = Array.from(group.querySelectorAll("button"));
    const at = buttons.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    buttons[(at + step + buttons.length) % buttons.length].focus();
  });
  return group;
}

// ---- asking ----------------------------------------------------------------------------------------------------------

function form(part, portal) {
  const send = (event) => {
    event.preventDefault();
    if (part.submit) portal.press(part.submit.id, part.fields);
  };
  // One short field and its button share a line, so that the button is never looked for below the fold.
  const single = part.fields.length === 1 && !TALL.includes(part.fields[0].type);
  return make("form", { class: single ? "form single" : "form", novalidate: true, autocomplete: "off", onsubmit: send },
    part.fields.map((field) => portal.fields.draw(field)), submit(part.submit));
}

function submit(control) {
  if (!control) return "";
  return make("p", { class: "submit" }, make("button", { type: "submit", "data-id": control.id, class: control.main ? "main" : "" }, control.label));
}

function search(part, portal) {
  const field = { id: part.id, label: part.label, type: "text", hint: "", error: "", value: part.value || "", choices: [] };
  const send = (event) => {
    event.preventDefault();
    if (part.submit) portal.press(part.submit.id, [field]);
  };
  const line = make("form", { class: "form single", role: "search", novalidate: true, autocomplete: "off", onsubmit: send }, portal.fields.draw(field), submit(part.submit));
  const parts = [line];
  if ((part.suggest || []).length) parts.push(suggestions(part, portal));
  if (part.results && !part.results.length) parts.push(make("p", { class: "note amber" }, part.nothing));
  if (part.results && part.results.length) {
    const found = part.results.map((control) => make("li", {}, portal.control(control, "tiles")));
    parts.push(make("p", {}, make("b", {}, fill(part.found || portal.texts.found, { n: part.results.length }))), make("ul", { class: "results" }, found));
  }
  return make("div", { class: "search" }, parts);
}

function suggestions(part, portal) {
  const { texts } = portal;
  const buttons = part.suggest.map((word, at) => portal.button(word, `ui:suggest:${part.id}:${at}`, () => {
    if (portal.showing) return portal.tell("info", texts.watching, part.id);
    portal.find(part.id).value = word;
    portal.fields.type(part.id, word);
    portal.live.textContent = fill(texts.suggest_done, { word });
    return undefined;
  }, "quiet word"));
  return arrows(make("div", { class: "suggest", role: "group", "aria-label": texts.suggest }, make("span", { class: "small" }, texts.suggest), buttons));
}

// ---- choosing --------------------------------------------------------------------------------------------------------

function cards(part, portal) {
  return make("ul", { class: `cards ${part.style}` }, part.items.map((item) => {
    const id = portal.unique();
    const keys = item.controls.map((control) => portal.control(control, "", id));
    return make("li", { class: "entry" },
      make("div", { class: "what" }, make("h4", { id }, item.title, " ", badge(item.mark)), item.lines.map((line) => make("p", {}, line))),
      keys.length ? make("div", { class: "keys" }, keys) : "");
  }));
}

function calendar(part, portal) {
  const { texts } = portal;
  const free = (day) => day.slots.filter((slot) => !slot.taken).length;
  const marked = part.days.find((day) => holds(day.slots, portal.view.mark));
  const open = part.days.find((day) => day.id === portal.days[part.id]) || marked || part.days.find(free) || part.days[0];
  const days = part.days.map((day) => {
    const button = portal.button("", `ui:day:${day.id}`, () => {
      portal.days[part.id] = day.id;
      portal.swap(whole, part, `ui:day:${day.id}`);
    }, day === open ? "day open" : "day");
    button.setAttribute("aria-pressed", String(day === open));
    button.append(make("span", { class: "short" }, day.short), make("span", { class: "small" }, free(day) ? fill(texts.calendar_free, { n: free(day) }) : texts.calendar_full));
    return button;
  });
  const slots = open.slots.map((slot) => make("li", {}, slot.taken
    ? make("span", { class: "slot taken" }, make("s", {}, slot.label), make("span", { class: "small" }, texts.calendar_taken)) : portal.control(slot, "slot")));
  const times = slots.length ? arrows(make("ul", { class: "slots", "aria-label": open.label }, slots)) : make("p", {}, texts.calendar_full);
  const whole = make("div", { class: "calendar", role: "group", "aria-label": part.label }, make("h4", {}, part.label),
    arrows(make("div", { class: "days", role: "group", "aria-label": texts.calendar_days }, days)), make("h4", { class: "date" }, open.label), times);
  return whole;
}

function table(part, portal) {
  const { texts } = portal;
  const pressable = part.rows.some((row) => row.controls.length);
  const head = [...part.head.map((words) => make("th", { scope: "col", role: "columnheader" }, words)),
    pressable ? make("th", { scope: "col", role: "columnheader" }, make("span", { class: "unseen" }, texts.table_controls)) : ""];
  const rows = part.rows.map((row) => {
    const id = portal.unique();
    const cells = row.cells.map((words, at) => make("td", { role: "cell", "data-label": part.head[at], id: at ? null : id }, make("span", {}, words)));
    const keys = row.controls.map((control) => portal.control(control, "", id));
    return make("tr", { role: "row" }, cells, pressable ? make("td", { role: "cell", class: "keys" }, keys) : "");
  });
  // On a narrow page the rows are drawn as blocks; the roles keep the table a table for a screen reader.
  return make("table", { class: "listing", role: "table" }, part.title ? make("caption", {}, part.title) : "",
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, head)), make("tbody", { role: "rowgroup" }, rows));
}

// ---- letters and talk ------------------------------------------------------------------------------------------------

function mailbox(part, portal) {
  const { texts } = portal;
  return make("ul", { class: "mailbox" }, part.letters.map((letter) => {
    const button = portal.button("", letter.id, () => portal.press(letter.id), letter.unread ? "envelope unread" : "envelope");
    const clip = letter.clip ? make("span", { class: "small" }, sign("clip"), " ", texts.mail_clip) : "";
    button.append(make("span", { class: "who" }, letter.from), " ", make("span", { class: "when" }, letter.date), " ",
      make("span", { class: "what" }, letter.unread ? badge(texts.mail_unread) : "", " ", letter.label), " ",
      letter.note ? make("span", { class: "small" }, letter.note) : "", clip);
    return make("li", {}, button);
  }));
}

function letter(part, portal) {
  const { texts } = portal;
  const key = `letter:${part.subject}`;
  const open = key in portal.revealed ? portal.revealed[key] : portal.showing;
  const reveal = portal.button(open ? texts.address_hide : texts.address_show, "ui:address", () => {
    portal.revealed[key] = !open;
    portal.swap(whole, part, "ui:address");
  }, "reveal");
  reveal.setAttribute("aria-expanded", String(open));
  const address = open ? make("p", { class: "target" }, `${texts.letter_address} `, make("b", {}, part.address)) : "";
  const to = part.to ? make("p", {}, `${texts.letter_to} ${part.to}`) : "";
  const links = part.links.map((link) => make("li", {}, portal.control(link, "links"),
    open ? make("p", { class: "target" }, `${texts.letter_target} `, make("b", {}, link.target)) : ""));
  const files = part.files.map((file) => make("li", {}, attachment(file, portal)));
  const whole = make("article", { class: "letter" },
    make("div", { class: "head" }, make("div", { class: "from" }, make("h4", {}, part.subject), make("p", { class: "small" }, part.date)),
      make("div", { class: "from" }, make("p", {}, `${texts.letter_from} `, make("b", {}, part.from)), reveal), address, to),
    part.body.map((words) => make("p", {}, words)),
    links.length ? make("ul", { class: "links" }, links) : "",
    files.length ? make("div", { class: "attached" }, make("p", { class: "small" }, texts.letter_files), make("ul", {}, files)) : "");
  return whole;
}

function attachment(file, portal) {
  const button = portal.control(file, "attachment");
  button.prepend(sign("clip"), " ");
  if (file.size) button.append(make("span", { class: "small" }, file.size));
  return button;
}

function chat(part, portal) {
  const { texts } = portal;
  const talk = part.messages.map((message) => {
    const name = message.name || (message.who === "me" ? texts.chat_me : part.title);
    return make("li", { class: `said ${message.who}` }, make("p", { class: "small" }, [name, message.time].filter(Boolean).join(" · ")), make("p", {}, message.text));
  });
  const replies = part.replies.length
    ? make("div", { class: "answer" }, make("p", { class: "small" }, texts.chat_reply), make("div", { class: "menu" }, part.replies.map((reply) => portal.control(reply, "buttons")))) : "";
  return make("div", { class: "chat" }, make("div", { class: "head" }, make("h4", {}, part.title), part.members ? make("p", { class: "small" }, part.members) : ""),
    make("ol", { class: "talk" }, talk), replies);
}

// ---- papers, boards and pictures -------------------------------------------------------------------------------------

function bill(part, portal) {
  const { texts } = portal;
  const line = ([label, amount]) => make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, amount));
  return make("div", { class: "bill", role: "group", "aria-label": part.title }, make("div", { class: "head" }, make("h4", {}, part.title), part.stamp ? make("p", { class: `stamp ${part.tone}` }, part.stamp) : ""),
    make("p", { class: "payee" }, `${texts.bill_payee} `, make("b", {}, part.payee)),
    make("table", {}, make("tbody", {}, part.lines.map(line)), make("tfoot", {}, line(part.total))));
}

function board(part, portal) {
  const { texts } = portal;
  const head = [texts.board_ticket, texts.board_place, texts.board_state].map((words) => make("th", { scope: "col" }, words));
  const rows = part.rows.map((row) => {
    const own = row.ticket === part.own;
    return make("tr", { class: own ? "own" : "" }, make("th", { scope: "row" }, row.ticket, " ", own ? badge(texts.board_own) : ""), make("td", {}, row.place), make("td", {}, row.state));
  });
  const own = part.own ? make("p", { class: "mine" }, `${texts.board_yours} `, make("b", {}, part.own)) : "";
  return make("div", { class: "board" }, own, make("table", {}, make("caption", {}, part.title), make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)));
}

function map(part, portal) {
  const { texts } = portal;
  const names = new Map(part.stops.map((stop) => [stop.id, stop.label]));
  const stops = part.stops.map((stop) => make("li", {}, stop.label, " ", stop.id === part.here ? badge(texts.map_here) : "", " ", stop.id === part.to ? badge(texts.map_to, "good") : ""));
  const routes = part.routes.map((route) => make("li", {}, routePicture(route.tone), make("span", {}, make("b", {}, route.label), ` (${texts[`map_${route.tone}`]}): `,
    route.stops.map((id) => names.get(id)).join(" — "))));
  return make("div", { class: "map-part", role: "group", "aria-label": part.label },
    make("div", { class: "sketch" }, make("h4", {}, part.label), mapPicture(part)),
    make("div", { class: "legend" }, make("h4", {}, texts.map_stops), make("ol", {}, stops)),
    routes.length ? make("div", { class: "legend" }, make("h4", {}, texts.map_routes), make("ul", { class: "routes" }, routes)) : "");
}

function scanner(part, portal) {
  const words = portal.texts[`sheet_${part.sheet.replace("-", "_")}`];
  return make("div", { class: "scanner-part", role: "group", "aria-label": part.label },
    make("div", { class: "sight" }, make("h4", {}, part.label), scannerPicture(part.sheet)),
    make("div", { class: "act" }, make("p", {}, words), make("div", { class: "menu" }, part.controls.map((control) => portal.control(control, "buttons")))));
}

function qr(part, portal) {
  return make("div", { class: "qr-part", role: "group", "aria-label": part.label }, qrPicture(part.label + part.note),
    make("div", {}, make("h4", {}, part.label), part.note ? make("p", {}, part.note) : "", make("p", { class: "small" }, portal.texts.qr_note)));
}

function paper(part, portal) {
  const blocks = [];
  part.lines.forEach((line) => {
    const last = blocks[blocks.length - 1];
    if (typeof line === "string") blocks.push(line);
    else if (Array.isArray(last)) last.push(line);
    else blocks.push([line]);
  });
  const sheet = blocks.map((block) => (typeof block === "string" ? make("p", {}, block) : labelled(block, "", "rows")));
  const note = part.note === undefined || part.note === null ? portal.texts.paper : part.note;
  return make("div", { class: "paper", role: "group", "aria-label": note || part.title }, note ? make("p", { class: "small" }, note) : "",
    make("div", { class: "sheet" }, make("h4", {}, part.title), sheet, part.foot ? make("p", { class: "foot" }, part.foot) : ""));
}
