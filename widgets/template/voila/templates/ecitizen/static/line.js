/* Keeping the page on a kernel, for as long as the tab lives: whatever breaks, the page asks for itself anew, which gives
   it the kernel it had or another one that has replayed, and goes on with that. Nothing on the screen is drawn twice. */

const WAITS_MS = [300, 1000, 2000, 4000, 8000, 15000];
const BEAT_MS = 15000;
const PAGE_MS = 60000;

class Line {
  /* kernel: see Kernel; wanted(): somebody waits for an answer, even where nobody looks; told(up, words): the line is up
     or down, `words` of the server if it has a reason; other(): the page that came is another one, open it. */
  constructor({ kernel, wanted, told, other }) {
    Object.assign(this, { kernel, wanted, told, other });
    this.up = false;
    this.left = false;
    this.wake = () => {};
    const look = () => (this.up ? kernel.ping() : this.wake());
    window.addEventListener("online", look);
    window.addEventListener("offline", look);
    document.addEventListener("visibilitychange", look);
    setInterval(() => this.up && !document.hidden && kernel.ping(), BEAT_MS);
  }

  /* Promise the page {id, cells} that got its kernel; `first` is the one that is being opened. */
  async hold(first) {
    let page = first;
    for (let turn = 0; !this.left; turn += 1) {
      try {
        const { id, cells } = await page;
        await this.kernel.attach(id, Promise.resolve(cells).then(shown));
        this.up = true;
        this.told(true);
        return { id, cells: await cells };
      } catch (error) {
        this.told(false, error.words);
      }
      await this.pause(turn);
      page = this.anew();
    }
    return new Promise(() => {});
  }

  broken() {
    if (!this.up) return;
    this.up = false;
    this.told(false);
    this.hold(this.anew());
  }

  leave() {
    this.left = true;
  }

  async pause(turn) {
    const ms = WAITS_MS[Math.min(turn, WAITS_MS.length - 1)] * (0.75 + Math.random() / 2);
    do {
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, ms);
      });
      // Tabs that nobody looks at would take each other's kernels away.
    } while (document.hidden && !this.wanted());
  }

  async anew() {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), PAGE_MS);
    const reply = await fetch(location.pathname + location.search, { cache: "no-store", signal: stop.signal });
    const text = await reply.text();
    clearTimeout(late);
    const found = new DOMParser().parseFromString(text, "text/html");
    if (reply.status === 503) {
      const place = found.getElementById("ahead");
      throw Object.assign(new Error("full"), { words: { full: true, place: place ? place.textContent : "" } });
    }
    if (reply.status === 507) throw Object.assign(new Error("unstored"), { words: { unstored: true } });
    if (reply.redirected || [401, 403, 404].includes(reply.status)) return this.other();
    if (!reply.ok || !found.getElementById("end")) throw new Error("no page");
    return version(found) === version(document) ? { id: kernelOf(found), cells: outputsOf(found) } : this.other();
  }
}

const VIEW = "application/vnd.jupyter.widget-view+json";
const json = (place) => JSON.parse(place.textContent);

function version(page) {
  return json(page.getElementById("place")).version || "";
}

function kernelOf(page) {
  return json(page.getElementById("kernel")).id;
}

/* What the cells of a page show, as [cell, output]. */
function outputsOf(page) {
  return Array.from(page.querySelectorAll("script.shown")).reduce((all, script) => all.concat(json(script).map((one) => [script.dataset.cell, one])), []);
}

const modelOf = ([, output]) => ((output.data || {})[VIEW] || {}).model_id;

function shown(cells) {
  return cells.map(modelOf).filter(Boolean);
}
