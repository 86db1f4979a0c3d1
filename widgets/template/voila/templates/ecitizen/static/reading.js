/* Reading a step aloud by the browser's own Russian voice: sentence by sentence, the sentence that is read is marked.

   A voice of this machine only: one from the network would send the text away. */

const RATES = [0.7, 0.9, 1.15];
const BLOCK = "h1,h2,h3,h4,h5,h6,p,li,legend,label,button,td,th,dt,dd,summary,figcaption,option,div,fieldset,section";
const SILENT = "script,style,select,.unseen,[aria-hidden=true],[hidden]";
const ABBREVIATED = /(?:^|[\s(])(?:г|ул|д|кв|т|руб|стр|см|им|тел)\.$/;

const speech = window.speechSynthesis;
const highlights = window.CSS && CSS.highlights;

const voice = () => speech && speech.getVoices().find((one) => one.lang.toLowerCase().startsWith("ru") && one.localService);

/* Sentences of a text as [from, to]; a point behind «ул» or «д» ends none. */
function sentences(text) {
  const found = [];
  let from = 0;
  const end = /[.!?…]+[»")]*\s+/g;
  for (let match = end.exec(text); match; match = end.exec(text)) {
    const to = match.index + match[0].trimEnd().length;
    if (ABBREVIATED.test(text.slice(from, match.index + 1)) && match[0].trim() === ".") continue;
    found.push([from, to]);
    from = match.index + match[0].length;
  }
  if (text.slice(from).trim()) found.push([from, text.trimEnd().length]);
  return found;
}

/* What can be seen in a place, block by block: {block, text, nodes: [[node, from]]}. */
function blocks(place) {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest(SILENT) || !parent.getClientRects().length) continue;
    const block = parent.closest(BLOCK) || place;
    let last = found[found.length - 1];
    if (!last || last.block !== block) found.push((last = { block, text: "", nodes: [] }));
    last.nodes.push([node, last.text.length]);
    last.text += node.data;
  }
  return found;
}

function range(nodes, from, to) {
  const at = (place, end) => {
    const [node, start] = [...nodes].reverse().find(([, begin]) => (end ? begin < place : begin <= place));
    return [node, place - start];
  };
  const made = document.createRange();
  made.setStart(...at(from, false));
  made.setEnd(...at(to, true));
  return made;
}

class Reader {
  /* `changed(reading)` is told when reading begins and ends. */
  constructor(changed) {
    this.changed = changed;
    this.rate = Number(localStorage.getItem("ecz-rate") || 1);
    this.turn = 0;
    this.lines = [];
    this.at = 0;
    this.reading = false;
  }

  start(place) {
    this.lines = blocks(place).flatMap(({ block, text, nodes }) =>
      sentences(text).map(([from, to]) => ({ block, text: text.slice(from, to).replace(/\s+/g, " "), range: range(nodes, from, to) })));
    this.at = 0;
    this.reading = true;
    this.changed(true);
    this.say();
  }

  say() {
    const turn = (this.turn += 1);
    speech.cancel();
    const line = this.lines[this.at];
    if (!line) return this.stop();
    this.mark(line);
    const utterance = new SpeechSynthesisUtterance(line.text);
    utterance.voice = voice();
    utterance.lang = "ru-RU";
    utterance.rate = RATES[this.rate];
    const next = () => {
      // A sentence that was broken off, by another speed or by «Остановить», ends as well.
      if (turn !== this.turn) return;
      this.at += 1;
      this.say();
    };
    utterance.onend = next;
    utterance.onerror = next;
    speech.speak(utterance);
    return undefined;
  }

  mark(line) {
    this.unmark();
    if (highlights) highlights.set("ecz-reading", new Highlight(line.range));
    else line.block.classList.add("reading");
    this.marked = line.block;
    line.block.scrollIntoView({ block: "nearest" });
  }

  unmark() {
    if (highlights) highlights.delete("ecz-reading");
    if (this.marked) this.marked.classList.remove("reading");
  }

  /* Take the next speed and go on with the same sentence. */
  faster() {
    this.rate = (this.rate + 1) % RATES.length;
    localStorage.setItem("ecz-rate", String(this.rate));
    if (this.reading) this.say();
  }

  stop() {
    this.turn += 1;
    if (speech) speech.cancel();
    this.unmark();
    if (!this.reading) return;
    this.reading = false;
    this.changed(false);
  }
}
