// What is looked for in the window after a hostile mail was opened there, and the deeds that show that the looking works. The functions
// are text: they run in the page.

/** (frame, remote) → what a cleaned mail must not have left in its frame. `remote`: pictures through the proxy were asked for. */
const judgeFrame = `(frame, remote) => {
  const bad = [];
  if (frame.getAttribute('sandbox') !== 'allow-same-origin allow-popups') bad.push('sandbox ' + frame.getAttribute('sandbox'));
  const doc = frame.contentDocument;
  if (!doc) return [...bad, 'the frame went away'];
  if (frame.contentWindow.length > 0) bad.push('a frame in the frame');
  if (doc.location.href !== 'about:srcdoc') bad.push('the frame went to ' + doc.location.href);
  for (const entry of frame.contentWindow.performance.getEntriesByType('resource')) if (!/^(data|aurelius-img):/.test(entry.name)) bad.push('loaded ' + entry.name.slice(0, 80));
  for (const el of doc.querySelectorAll('body *')) {
    if (/^(script|style|iframe|object|embed|form|input|button|textarea|select|svg|math|meta|base|link|video|audio|source|picture|template|noscript|dialog|portal|frame|applet|marquee|bgsound|slot)$/i.test(el.tagName)) bad.push('<' + el.tagName + '>');
    for (const { name, value } of el.attributes) {
      if (/^on/i.test(name) || /^(srcdoc|srcset|ping|formaction|background|poster|id|name|tabindex|accesskey|contenteditable|autofocus)$/i.test(name)) bad.push(name + '=');
      if (name === 'href' && !/^(https?:\\/\\/|mailto:)/i.test(value)) bad.push('href=' + value.slice(0, 30));
      if (name === 'src' && !(remote ? /^(data:image\\/|aurelius-img:\\/\\/localhost\\/(cid|remote)\\/)/ : /^(data:image\\/|aurelius-img:\\/\\/localhost\\/cid\\/)/).test(value)) bad.push('src=' + value.slice(0, 50));
      if (name === 'style' && /url\\(|image-set|expression|fixed|var\\(|\\dv[hw]|animation|transition/i.test(value)) bad.push('style=' + value.slice(0, 60));
    }
    if (el.tagName === 'A' && el.hasAttribute('href') && el.getAttribute('target') !== '_blank') bad.push('a link that would stay in the frame');
  }
  return bad;
}`;

/** (thread, remote) → what is wrong with the conversation on screen. */
export const look = `(thread, remote = false) => {
  const judge = ${judgeFrame};
  const bad = [];
  if (window.__pwned !== undefined) bad.push('a script ran: ' + window.__pwned);
  if (!location.href.startsWith('tauri://localhost') || !location.hash.endsWith('/t/' + thread)) bad.push('the window went to ' + location.href);
  if (/pwned/.test(document.title)) bad.push('title ' + document.title);
  const added = Object.getOwnPropertyNames(window).filter((n) => !window.__names.has(n) && !/^\\d+$|^__|^bits[A-Z]/.test(n));
  if (added.length > 0) bad.push('new names in the window: ' + added.slice(0, 5));
  for (const d of document.querySelectorAll('dialog[open], [role=dialog], [role=alertdialog]')) bad.push('a dialog: ' + d.textContent.slice(0, 60));
  for (const frame of document.querySelectorAll('#reader iframe')) bad.push(...judge(frame, remote));
  return bad;
}`;

/** (thread) → waits until a mail that was not on screen before is there with all its frames, then looks at it. */
export const openAndLook = `async (thread) => {
  const look = ${look};
  const fresh = () => [...document.querySelectorAll('#reader [data-message]')].map((m) => m.dataset.message).filter((id) => !window.__shown.has(id));
  const ready = () => {
    const busy = document.querySelector('#reader')?.getAttribute('aria-busy') === 'true' || document.querySelector('#reader .wait') !== null;
    return fresh().length > 0 && document.querySelector('#reader .message.open') !== null && !busy
      && [...document.querySelectorAll('#reader iframe')].every((f) => f.contentDocument?.readyState === 'complete' && f.contentDocument.location.href === 'about:srcdoc' && (f.classList.contains('ready') || f.contentDocument.body.textContent.trim() === ''));
  };
  location.hash = '#/inbox/t/' + thread;
  const end = Date.now() + 8000;
  while (!ready()) {
    if (Date.now() > end) return { bad: ['it was not shown within 8 s'], shown: 0 };
    await new Promise((r) => setTimeout(r, 15));
  }
  // Loads and timers that an opening starts come now.
  await new Promise((r) => setTimeout(r, 60));
  const shown = fresh();
  shown.forEach((id) => window.__shown.add(id));
  return { bad: look(thread), shown: shown.length };
}`;

/** What the looking must notice, done by hand to a harmless mail on screen: [what was done, word of the complaint, the deed]. */
const DEEDS = [
  ['a script element', '<SCRIPT>', `(doc) => doc.body.append(doc.createElement('script'))`],
  ['a handler', 'onerror=', `(doc) => { const p = doc.createElement('p'); p.setAttribute('onerror', 'x()'); doc.body.append(p); }`],
  ['a frame', 'a frame in the frame', `(doc) => doc.body.append(doc.createElement('iframe'))`],
  ['a link with a script', 'href=javascript:', `(doc) => { const a = doc.createElement('a'); a.setAttribute('href', 'javascript:x()'); doc.body.append(a); }`],
  ['a picture of elsewhere', 'src=http://', `(doc) => { const img = doc.createElement('img'); img.setAttribute('src', 'http://control.evil.example/x'); doc.body.append(img); }`],
  ['a style that loads', 'style=', `(doc) => { const p = doc.createElement('p'); p.setAttribute('style', 'background:url(http://control.evil.example/y)'); doc.body.append(p); }`],
  ['a name in the window', 'new names', `() => { window.owned = 1; }`],
  ['a dialog', 'a dialog', `() => { const d = document.createElement('div'); d.setAttribute('role', 'dialog'); d.id = 'control'; document.body.append(d); }`],
];

/** (thread) → the deeds that `look` did not notice; the page must be loaded anew afterwards. */
export const control = `(thread) => {
  const look = ${look};
  const frame = document.querySelector('#reader iframe');
  if (!frame) return ['there is no frame to spoil'];
  const before = look(thread);
  if (before.length > 0) return ['complains of a harmless mail: ' + before];
  const missed = [];
  for (const [what, word, deed] of [${DEEDS.map(([what, word, deed]) => `[${JSON.stringify(what)}, ${JSON.stringify(word)}, ${deed}]`).join(', ')}]) {
    deed(frame.contentDocument);
    if (!look(thread).some((complaint) => complaint.includes(word))) missed.push(what + ': ' + look(thread));
  }
  delete window.owned;
  document.getElementById('control')?.remove();
  return missed;
}`;

/** () → shows the pictures of the mail on screen, as a person does; false where it has none that are held back. */
export const showPictures = `async () => {
  const button = [...document.querySelectorAll('#reader button')].find((b) => b.textContent.trim() === 'Show once');
  if (!button) return false;
  button.click();
  for (const end = Date.now() + 5000; Date.now() < end; await new Promise((r) => setTimeout(r, 20))) {
    const frames = [...document.querySelectorAll('#reader iframe')];
    if (!button.isConnected && frames.length > 0 && frames.every((f) => f.contentDocument?.readyState === 'complete')) break;
  }
  await new Promise((r) => setTimeout(r, 150));
  return true;
}`;

/** (thread, remote) → the same mail laid out for paper and back again: what the print dialog is given. */
export const onPaper = `async (thread, remote) => {
  const look = ${look};
  window.dispatchEvent(new Event('beforeprint'));
  await new Promise((r) => setTimeout(r, 30));
  const bad = look(thread, remote);
  window.dispatchEvent(new Event('afterprint'));
  return bad;
}`;

/** () → answers the mail on screen, unfolds what is quoted, and says what is wrong with either; closes the composer again. */
export const answer = `async () => {
  const judge = ${judgeFrame};
  const wait = async (what, fn, ms = 6000) => {
    for (const end = Date.now() + ms; Date.now() < end; await new Promise((r) => setTimeout(r, 20))) {
      const got = fn();
      if (got) return got;
    }
    throw new Error(what + ' did not come');
  };
  const button = await wait('the button to reply', () => [...document.querySelectorAll('#reader button')].find((b) => /^reply$/i.test(b.textContent.trim())));
  button.click();
  const composer = await wait('the composer', () => document.querySelector('[data-composer]'));
  const editor = await wait('the editor', () => composer.querySelector('[contenteditable=true]'));
  const bad = [];
  for (const el of editor.querySelectorAll('*')) {
    if (!/^(p|br|div|span|a|b|strong|i|em|u|s|ul|ol|li|blockquote|h2|h3|pre|code)$/i.test(el.tagName) && !el.className.includes('ProseMirror')) bad.push('in the editor <' + el.tagName + '>');
    for (const { name, value } of el.attributes) if (/^on|^src|^style$/i.test(name) || name === 'href' && !/^(https?:\\/\\/|mailto:)/i.test(value)) bad.push('in the editor ' + name + '=' + value.slice(0, 40));
  }
  const fold = composer.querySelector('.quoted .fold');
  let quoted = false;
  if (fold) {
    fold.click();
    const frame = await wait('what is quoted', () => composer.querySelector('.quoted iframe'));
    await wait('its document', () => frame.contentDocument?.readyState === 'complete' && frame.contentDocument.location.href === 'about:srcdoc');
    await new Promise((r) => setTimeout(r, 60));
    bad.push(...judge(frame, false).map((b) => 'in the quotation ' + b));
    quoted = true;
  }
  if (window.__pwned !== undefined) bad.push('a script ran: ' + window.__pwned);
  for (const d of document.querySelectorAll('dialog[open], [role=dialog], [role=alertdialog]')) bad.push('a dialog: ' + d.textContent.slice(0, 60));
  [...composer.querySelectorAll('button')].find((b) => /^save and close/i.test(b.getAttribute('aria-label') ?? ''))?.click();
  await wait('the end of the composer', () => document.querySelector('[data-composer]') === null);
  return { bad, quoted };
}`;
