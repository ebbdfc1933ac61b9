// A small W3C WebDriver client (https://www.w3.org/TR/webdriver2/) for tauri-driver.
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export class Driver {
  #base;
  #session;

  constructor(base, session) {
    this.#base = base;
    this.#session = session;
  }

  static async open(base, application, args = []) {
    const value = await request('POST', `${base}/session`, {
      capabilities: { alwaysMatch: { 'tauri:options': { application, args } } },
    });
    return new Driver(base, value.sessionId);
  }

  #call(method, path, body) {
    return request(method, `${this.#base}/session/${this.#session}${path}`, body);
  }

  close() {
    return this.#call('DELETE', '');
  }

  /** Runs a function in the page and returns its (awaited) result. */
  async run(fn, ...args) {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve((${fn}).apply(null, Array.prototype.slice.call(arguments, 0, -1)))
        .then((value) => done({ value }), (error) => done({ error: String(error && error.message || error) }));`;
    const { value, error } = await this.#call('POST', '/execute/async', { script, args });
    if (error) throw new Error(`in the page: ${error}`);
    return value;
  }

  /** Polls until `fn` (run in the page) gives something truthy. */
  async until(what, fn, args = [], ms = 15000) {
    const end = Date.now() + ms;
    let last;
    while (Date.now() < end) {
      try {
        last = await this.run(fn, ...args);
        if (last) return last;
      } catch (e) {
        last = e.message;
      }
      await new Promise((r) => setTimeout(r, 100));
    }
    throw new Error(`${what}: not within ${ms} ms (last: ${JSON.stringify(last)})`);
  }

  async find(selector, ms = 15000) {
    const end = Date.now() + ms;
    for (;;) {
      try {
        const value = await this.#call('POST', '/element', { using: 'css selector', value: selector });
        return value[ELEMENT];
      } catch (e) {
        if (Date.now() > end) throw new Error(`no element ${selector}: ${e.message}`);
        await new Promise((r) => setTimeout(r, 100));
      }
    }
  }

  async click(selector) {
    const id = await this.find(selector);
    return this.#call('POST', `/element/${id}/click`, {});
  }

  async type(selector, text) {
    const id = await this.find(selector);
    return this.#call('POST', `/element/${id}/value`, { text });
  }

  /** Presses keys on whatever has the focus; `Enter`, `Escape` and `Control+Enter` style names are understood. */
  async keys(...names) {
    const special = { Enter: '\uE007', Escape: '\uE00C', Tab: '\uE004', Control: '\uE009', Shift: '\uE008', Alt: '\uE00A', Backspace: '\uE003', Delete: '\uE017', ArrowDown: '\uE015', ArrowUp: '\uE013', ArrowLeft: '\uE012', ArrowRight: '\uE014', F6: '\uE036', Home: '\uE011', End: '\uE010', Space: ' ' };
    for (const name of names) {
      const parts = name.length === 1 ? [name] : name.split('+').map((p) => special[p] ?? p);
      const actions = [...parts.map((value) => ({ type: 'keyDown', value })), ...parts.toReversed().map((value) => ({ type: 'keyUp', value }))];
      await this.#call('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
    }
  }

  /** Looks into a frame; without one, at the page again. */
  async frame(selector = null) {
    const id = selector === null ? null : await this.find(selector);
    return this.#call('POST', '/frame', { id: id === null ? null : { [ELEMENT]: id } });
  }

  /** A pointer of the system, at a place in the page: what is under it gets the events, frames included. */
  async pointer(...steps) {
    const actions = steps.map(([type, ...rest]) => (type === 'move' ? { type: 'pointerMove', duration: 0, x: Math.round(rest[0]), y: Math.round(rest[1]) } : { type: type === 'down' ? 'pointerDown' : 'pointerUp', button: 0 }));
    return this.#call('POST', '/actions', { actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }] });
  }

  windows() {
    return this.#call('GET', '/window/handles');
  }

  minimize() {
    return this.#call('POST', '/window/minimize', {});
  }

  /** Closes a dialog that a page has opened. */
  dismiss() {
    return this.#call('POST', '/alert/dismiss', {});
  }

  async screenshot() {
    // WebKitGTK takes it with the next frame that is presented; a page that rests and is painted without layers presents none. So a dot
    // blinks until the picture is there, however long a busy machine takes.
    await this.run(`() => {
      const dot = document.createElement('i');
      dot.style.cssText = 'position: fixed; inset: 0 auto auto 0; inline-size: 1px; block-size: 1px; opacity: 0.01; pointer-events: none';
      document.body.append(dot);
      let on = false;
      const blink = setInterval(() => { dot.style.background = (on = !on) ? '#000' : '#fff'; }, 30);
      window.__rest = () => { clearInterval(blink); dot.remove(); };
    }`);
    try {
      return Buffer.from(await this.#call('GET', '/screenshot'), 'base64');
    } finally {
      await this.run('() => window.__rest?.()');
    }
  }
}

async function request(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const { value } = await response.json();
  if (value?.error) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
