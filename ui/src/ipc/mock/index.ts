// Test builds only: the whole command table over fixtures, with states to choose by `?scenario=`.
import { PASSPHRASE_LEAST, type AppEvent, type BlockedDto, type ClientConfig, type Commands, type ConnectionDto, type DraftDto, type DraftRow, type Id, type IntegrationDto, type MailboxDto, type OutboxRow } from '../bindings';
import type { Transport } from '../transport';
import { SCENARIOS, appState, connections, fail, outbox, settings, status, tool, type Scenario } from './accounts';
import { allowImages, body, source } from './bodies';
import { calendarMock, guestTimeMock } from './calendar';
import { TOOLS, farewell, guesses, integrations, noClient } from './catalogue';
import { connectCalendar, connectedCalendars } from './connect-calendar';
import { filesMock } from './files';
import { finding } from './finding';
import { answering, meanwhile } from './invite';
import { ACCOUNTS, ME, TEMPLATES, p } from './people';
import { connectSignIn } from './sign-in';
import { LABELS, MailStore } from './store';
import { tablesMock } from './tables';
import { tasksMock } from './tasks';
import { triage } from './triage';
import { writing } from './writing';

type Handlers = { [K in keyof Commands]: (req: Commands[K][0]) => Commands[K][1] | Promise<Commands[K][1]> };
const LABEL_BASE = 500;
export function mock(name: string, query: URLSearchParams): Transport {
  const scenario: Scenario = SCENARIOS.find((s) => s === name) ?? 'full';
  const now = Number(query.get('now')) || Date.now();
  let emit: (event: AppEvent) => void = () => undefined;
  const later = (event: AppEvent, ms = 30) => void setTimeout(() => emit(event), ms);
  const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

  const mail = new MailStore(scenario === 'empty' ? 0 : scenario === 'large' ? 100_000 : scenario === 'importing' ? 212 : 420, now);
  let prefs = { ...settings(), ...(JSON.parse(sessionStorage.getItem('mock-settings') ?? '{}') as object) };
  let list = ['nothing', 'welcome', 'needs-passphrase', 'locked', 'corrupt', 'key-lost'].includes(scenario) ? [] : connections(scenario, now);
  let state = appState(scenario, list.length, prefs);
  let queue: OutboxRow[] = outbox(scenario, now);
  const drafts = new Map<Id, DraftDto>();
  let nextDraft = 9001;
  const rivals = new Set<Id>();
  const unsent = new Map<string, DraftDto>();
  const clients = new Map<string, ClientConfig>();
  let wrongPassphrase = 0;

  const configured = (i: IntegrationDto) => {
    const hasClient = i.hasClient || scenario === i.id || query.get('client') === i.id || !!clients.get(i.id)?.clientId;
    return { hasClient, configured: i.configured || hasClient };
  };
  const mailboxName = (id: Id | null) => (id === null ? null : (LABELS[(id % 1000) - LABEL_BASE] ?? null));
  const changed = (ids: Id[]) => later({ type: 'changed', entity: 'thread', ids, rev: mail.rev });
  const statusNow = () => status(scenario, list, queue, now);
  const draftRow = (d: DraftDto): DraftRow => ({ id: d.id, account: d.account, to: d.to, subject: d.subject, snippet: d.html.replace(/<[^>]+>/g, ' ').trim().slice(0, 140), savedAt: d.savedAt });
  const draftOf = (id: Id): DraftDto => {
    const d = drafts.get(id);
    if (!d) throw fail('not_found', 'This draft is gone.');
    return d;
  };
  const refreshConnections = () => {
    state = { ...state, connections: list.length, stage: list.length ? 'ready' : 'empty' };
    later({ type: 'connections' });
    later({ type: 'status', status: statusNow() });
    later({ type: 'app' });
  };
  const connect = (index: number) => {
    const c = connections('full', now)[index]!;
    list = [...list.filter((x) => x.id !== c.id), { ...c, status: { ...c.status, state: 'syncing', words: 'Importing, newest first', progress: 0.04, lastSync: null } }];
    refreshConnections();
    return c;
  };
  const add = (c: ConnectionDto) => {
    list = [...list.filter((x) => x.id !== c.id), c];
    refreshConnections();
    return c;
  };
  if (scenario === 'full' || scenario === 'sample') {
    drafts.set(9000, { id: 9000, account: 1, kind: 'new', to: [p('Ingrid Solheim', 'ingrid.solheim@northwind.example')], cc: [], bcc: [], subject: 'Notes for Thursday', html: '<p>Three things I would like to decide before lunch: the empty states, the second toolbar, and who writes the release letter.</p>', quoted: '', attachments: [], savedAt: now - 3_600_000, version: 3 });
  }

  let made: { account: number; box: MailboxDto }[] = [];
  let blockedList: BlockedDto[] = [];
  let nextBlock = 0;
  let protection: 'keyring' | 'passphrase' = query.get('vault') === 'passphrase' ? 'passphrase' : 'keyring';

  if (query.get('splits') === 'yes') mail.splits = [{ id: 1, name: 'People', rule: { type: 'people' } }, { id: 2, name: 'Newsletters', rule: { type: 'news' } }, { id: 3, name: 'Calendar', rule: { type: 'calendar' } }];
  if (query.get('returned') === 'yes') mail.returned.set(1, 'time').set(3, 'reminder').set(4, 'reply');
  const answers = answering(query, fail);
  const putOff = triage({ mail, emit: later, mailboxName, fail, slowBulk: query.get('bulk') === 'slow' });
  const diary = calendarMock({ now, scenario: query.get('calendar') ?? 'full', empty: list.length === 0, emit: later });

  const { act: actOnFile, ...drive } = filesMock({ now, drive: query.get('drive'), emit: later, draft: (id) => draftOf(id), keep: (d) => drafts.set(d.id, d) });
  const todo = tasksMock({ now, scenario: query.get('tasks') ?? 'full', empty: list.length === 0 || scenario === 'empty', tools: scenario === 'tools', emit: later, subject: (message) => mail.thread(Math.floor(message / 100)).subject });

  const connected = (id: string): ConnectionDto => {
    const found = list.find((c) => c.id === id);
    if (!found) throw fail('not_found', 'This account is gone.');
    return found;
  };
  const tables = tablesMock({ now, scenario: query.get('tables') ?? '', connection: connected, keep: (c) => { list = list.map((x) => (x.id === c.id ? c : x)); refreshConnections(); } });

  const handlers: Handlers = {
    ...putOff.handlers,
    ...diary.handlers,
    ...guestTimeMock({ now, scenario: query.get('guests') ?? '', own: diary.own, settings: () => prefs }).handlers,
    ...todo.handlers,
    ...tables.handlers,
    app_state: () => state,
    vault_create: () => (state = { ...state, stage: 'empty' }),
    vault_unlock: ({ passphrase }) => {
      if (passphrase !== 'correct horse' && wrongPassphrase++ < 100) throw fail('wrong_passphrase', 'This is not the passphrase.', 'Nothing was changed. Check Caps Lock and try again.');
      list = connections('full', now);
      return (state = { ...state, stage: 'ready', connections: list.length });
    },
    vault_info: () => ({ protection: state.sample ? 'memory' : protection, keyringUsable: true }),
    vault_rekey: async ({ current, to, passphrase }) => {
      if (protection === 'passphrase' && current !== 'correct horse') throw fail('wrong_passphrase', 'The passphrase is wrong.', 'Try again; nothing was changed.');
      if (to === 'passphrase' && (passphrase ?? '').length < PASSPHRASE_LEAST) throw fail('weak_passphrase', 'The passphrase is too short.', `Take at least ${String(PASSPHRASE_LEAST)} characters; four random words are good.`);
      await wait(800);
      if (to !== 'same') protection = to;
      return state;
    },
    store_set_aside: () => (state = { ...state, stage: 'empty', problem: null }),
    workspace_wipe: () => {
      const left = list.filter((c) => c.integration === 'google').map((c) => ({ provider: 'Google', label: c.email, accountPage: 'https://myaccount.google.com/connections' }));
      [list, queue] = [[], []];
      state = { ...state, stage: 'welcome', connections: 0 };
      return { app: state, grants: scenario === 'offline' ? left : [], kept: [], keyLeft: false };
    },
    sample_start: () => { list = connections('full', now); refreshConnections(); return (state = { ...state, sample: true, stage: 'ready' }); },
    sample_leave: () => { list = []; refreshConnections(); return (state = { ...state, sample: false, stage: 'empty' }); },
    ...drive,
    ...writing({
      mail, now, empty: scenario === 'empty', draft: draftOf, keep: (d) => { drafts.set(d.id, d); later({ type: 'changed', entity: 'draft', ids: [d.id], rev: mail.rev }); },
      settings: () => prefs, save: (s) => { sessionStorage.setItem('mock-settings', JSON.stringify(s)); return (prefs = s); },
    }),
    ...(query.get('person') === 'fail' ? { person: () => { throw fail('store', 'What is known about this person could not be read.', 'The mail store did not answer in time. Nothing is lost.'); } } : {}),
    asked: () => [],
    settings: () => prefs,
    settings_save: (s) => { sessionStorage.setItem('mock-settings', JSON.stringify(s)); return (prefs = s); },

    integrations: () => integrations().map((i) => ({ ...i, ...configured(i) })),
    connections: () => list,
    ...connectSignIn({ now, query, emit: (event) => emit(event), add, mail: (integration) => void connect(integration === 'google' ? 0 : 1), lists: (integration) => todo.connected(integration) }),
    autoconfigure: async ({ email, thirdParties }) => {
      await wait(500);
      return guesses(email, thirdParties);
    },
    connect_mail: async (req) => {
      await wait(700);
      if (req.password === 'wrong') throw fail('auth', 'The server did not accept the user name and password.', 'Some providers need an app password. The user name is often the whole address.');
      if (req.imap.host.includes('nohost')) throw fail('unreachable', `No server answers at ${req.imap.host}.`, 'Check the name of the server, or look it up with your provider.');
      if (req.imap.host.includes('self') && !req.imap.pinned) throw fail('certificate', `The certificate of ${req.imap.host} is not trusted: it is self-signed.`, 'Compare the fingerprint with what the operator says. SHA-256 4f1a9c0be2d37766a0c5519e3b7d82f1c64408aa91e2f0d35b7c1e6698d4a2f7');
      return connect(1);
    },
    ...connectCalendar({ now, add }),
    connect_token: async ({ integration, token, reconnect }) => {
      await wait(500);
      if (/(?:^|:)0+$/.test(token)) throw fail('auth', `${TOOLS[integration]?.label ?? ''} does not accept this token.`, `Copy it again from ${TOOLS[integration]?.page ?? ''}.`);
      todo.connected(integration);
      return add({ ...tool(integration, now), ...(reconnect === undefined ? {} : { id: reconnect }) });
    },
    invite_respond: answers.respond, invite_note: answers.note,
    ...(query.get('sametime') === 'yes' ? { events: () => ({ events: meanwhile(), cut: false }) } : {}),
    ...(scenario === 'calendars' ? { calendars: () => connectedCalendars(now) } : {}),
    connection_update: (req) => {
      const old = connected(req.id);
      const paused = req.pauseMinutes !== null ? req.pauseMinutes !== 0 : old.status.state === 'paused';
      const next = {
        ...old, label: req.label ?? old.label, excluded: req.excluded ?? old.excluded, days: req.days === null ? old.days : req.days || null,
        accounts: old.accounts.map((a) => ({ ...a, hue: req.hue ?? a.hue })),
        status: paused ? { ...old.status, state: 'paused', words: 'Paused.', hint: '' } : { ...old.status, state: 'ok', words: '', hint: '', retryAt: null },
      };
      list = list.map((c) => (c.id === req.id ? next : c));
      refreshConnections();
      return next;
    },
    disconnect: async ({ id }) => {
      await wait(400);
      if (query.get('disconnect') === 'fail') throw fail('store_full', 'The account could not be removed: the disk is full.', 'Free some space and try again. Nothing was changed.');
      const gone = list.find((c) => c.id === id);
      list = list.filter((c) => c.id !== id);
      refreshConnections();
      return { ...farewell(gone?.integration, gone?.withdrawable), messagesRemoved: gone?.messages ?? 0 };
    },
    client_config: ({ integration }) => clients.get(integration) ?? noClient(integration),
    client_config_save: (c) => {
      if (c.integration === 'oidc' && !/^https:\/\//.test(c.issuer)) throw fail('invalid_issuer', 'The issuer must be an https address.', 'It is the address before “/.well-known/openid-configuration”.');
      if (c.integration === 'microsoft' && c.issuer !== '' && !/^https:\/\/[^/]+\/[^/]+\/v2\.0$/.test(c.issuer)) throw fail('config', `[providers.microsoft] issuer must be like https://login.microsoftonline.com/TENANT/v2.0, not ${c.issuer}`, 'Correct config.toml, then try again.');
      const saved = { ...c, clientSecret: null, hasSecret: c.clientSecret === null ? c.hasSecret : c.clientSecret !== '' };
      clients.set(c.integration, saved);
      return saved;
    },
    network_changed: () => ({}),
    sync_now: () => {
      if (scenario === 'offline') throw fail('offline', 'There is no connection.', 'Sync starts by itself when you are online.');
      later({ type: 'status', status: { ...statusNow(), sources: statusNow().sources.map((s) => ({ ...s, state: 'syncing', words: 'Looking for new mail' })) } });
      later({ type: 'status', status: statusNow() }, 1200);
      return {};
    },
    status: statusNow,

    mailboxes: () => ACCOUNTS.filter((a) => list.some((c) => c.id === a.connection)).map((a, i) => ({
      account: a.id, email: a.email, hue: list.flatMap((c) => c.accounts).find((x) => x.id === a.id)?.hue ?? i,
      mailboxes: [
        ...(['inbox', 'archive', 'junk', 'trash'] as const).map((role, k) => ({ id: a.id * 100 + k, name: { inbox: 'Inbox', archive: 'Archive', junk: 'Spam', trash: 'Bin' }[role], role, total: mail.count(role, a.id, false), unread: mail.count(role, a.id, true), pending: false })),
        ...LABELS.map((name, k) => ({ id: a.id * 1000 + LABEL_BASE + k, name, role: null, total: 20, unread: k === 3 ? 4 : 0, pending: false })).filter((_, k) => (a.id === 1 ? k < 3 || k === 4 || k > 5 : k === 3 || k === 5)),
        ...made.filter((m) => m.account === a.id).map((m) => m.box),
      ],
    })),
    mailbox_create: ({ account, name }) => {
      if (made.some((m) => m.account === account && m.box.name === name) || LABELS.includes(name)) throw fail('mailbox_exists', `There is a folder named ${name} already.`, 'Choose another name, or use that one.');
      const box = { id: 900_000 + made.length, name, role: null, total: 0, unread: 0, pending: false };
      made = [...made, { account, box }];
      later({ type: 'changed', entity: 'mailbox', ids: [], rev: mail.rev });
      return box;
    },
    mailbox_rename: ({ id, name }) => {
      const old = made.find((m) => m.box.id === id);
      if (!old) throw fail('mailbox_in_use', 'This folder has a purpose of its own in this account.', 'Only folders and labels of your own can be renamed or deleted.');
      const box = { ...old.box, name };
      made = made.map((m) => (m.box.id === id ? { ...m, box } : m));
      later({ type: 'changed', entity: 'mailbox', ids: [id], rev: mail.rev });
      return box;
    },
    mailbox_delete: ({ id }) => {
      if (!made.some((m) => m.box.id === id)) throw fail('mailbox_not_empty', 'This folder still holds 20 messages.', 'Move them elsewhere first; deleting the folder would delete them for ever.');
      made = made.filter((m) => m.box.id !== id);
      later({ type: 'changed', entity: 'mailbox', ids: [id], rev: mail.rev });
      return {};
    },
    threads: async ({ filter, offset, limit }) => {
      if (scenario === 'error') throw fail('store_busy', 'The list could not be read.', 'The mail store did not answer in time. Nothing is lost.');
      if (scenario === 'slow') await wait(60_000);
      return mail.page(filter, mailboxName(filter.mailbox), offset, limit);
    },
    thread: ({ id }) => {
      const found = mail.thread(id);
      return query.get('thread') === 'draft' ? { ...found, messages: found.messages.slice(-1).map((m) => ({ ...m, draft: true })) } : found;
    },
    message_body: (req) => body(mail, req),
    message_source: ({ id }) => source(mail, id),
    attachment_save: () => ({ path: '~/Downloads/file' }),
    attachment_check: ({ message, attachment }) => {
      const file = mail.thread(Math.floor(message / 100)).messages.find((m) => m.id === message)?.attachments.find((a) => a.id === attachment);
      return { risk: query.get('risk') ?? file?.risk ?? 'none' };
    },
    attachment_open: () => ({ path: '~/Downloads/file' }),
    act: (req) => {
      const ids = req.threads.length ? req.threads : [...new Set(req.messages.map((m) => Math.floor(m / 100)))];
      if (query.get('act') === 'fail') throw fail('store_full', 'The change could not be saved: the disk is full.', 'Free some space and try again. Nothing was changed.');
      const name = req.action.type === 'move' || req.action.type === 'label' ? mailboxName(req.action.mailbox) : null;
      const res = mail.act(ids, req.action, name);
      changed(ids);
      return res;
    },
    undo: ({ token }) => {
      if (putOff.undo(token) || answers.undo(token) || diary.undo(token) || todo.undo(token)) return { undo: null, undoUntil: null, count: 1, words: 'Undone' };
      if (token === 'unsubscribe') return { undo: null, undoUntil: null, count: 1, words: 'Undone' };
      if (token.startsWith('block:')) { blockedList = blockedList.filter((b) => `block:${String(b.id)}:` !== token); return { undo: null, undoUntil: null, count: 1, words: 'Unblocked' }; }
      const back = unsent.get(token);
      if (back) {
        unsent.delete(token);
        drafts.set(back.id, back);
        queue = queue.filter((o) => o.subject !== back.subject);
        later({ type: 'outbox' });
        later({ type: 'changed', entity: 'draft', ids: [back.id], rev: mail.rev });
        return { undo: null, undoUntil: null, count: 1, words: 'Back in your drafts' };
      }
      const res = mail.undo(token); changed([]); return res;
    },
    link_check: ({ href }) => ({ ok: !href.includes('evil'), host: new URL(href, 'https://x.example').host, reasons: href.includes('evil') ? ['This link says bank.example but goes to evil.example'] : [] }),
    link_open: () => ({}),
    images_allow: ({ message, scope }) => { allowImages(mail, message, scope); return {}; },
    unsubscribe: () => ({ undo: 'unsubscribe', undoUntil: Date.now() + 10_000, count: 1, words: 'Unsubscribing' }),
    block_sender: ({ message, scope, to, moveNow }) => {
      const email = mail.template(Math.floor(message / 100)).from[0]!.email;
      const value = scope === 'domain' ? (email.split('@')[1] ?? email) : email;
      if (scope === 'domain' && value === 'gmail.com') throw fail('shared_domain', 'Many people write from gmail.com; blocking it would block all of them.', 'Block this one address instead.');
      blockedList = [{ id: ++nextBlock, kind: scope, value, to, createdAt: Date.now(), hits: 0 }, ...blockedList.filter((b) => b.value !== value)];
      if (moveNow) mail.act([Math.floor(message / 100)], { type: to === 'trash' ? 'trash' : 'spam' }, null);
      later({ type: 'changed', entity: 'thread', ids: [Math.floor(message / 100)], rev: mail.rev });
      return { undo: `block:${String(nextBlock)}:`, undoUntil: null, count: 1, words: `Blocked ${value}` };
    },
    blocked: () => blockedList,
    unblock: ({ id }) => { blockedList = blockedList.filter((b) => b.id !== id); return {}; },
    report_phishing: ({ message }) => {
      const done = mail.act([Math.floor(message / 100)], { type: 'spam' }, null);
      later({ type: 'changed', entity: 'thread', ids: [Math.floor(message / 100)], rev: mail.rev });
      return { ...done, words: 'Reported as phishing and moved to spam' };
    },
    original_open: () => ({}),
    print: () => ({}),

    draft_new: ({ kind, message, account }) => {
      const t = message === null ? null : TEMPLATES.indexOf(mail.template(Math.floor(message / 100)));
      const seed = t === null ? null : TEMPLATES[t]!;
      const d: DraftDto = {
        id: nextDraft++, account: account ?? seed?.account ?? 1, kind, to: seed && kind !== 'forward' ? seed.from.filter((a) => !ME.some((m) => m.email === a.email)).slice(0, kind === 'reply' ? 1 : 9) : [], cc: [], bcc: [],
        subject: seed ? `${kind === 'forward' ? 'Fwd' : 'Re'}: ${seed.subject}` : '', html: '', quoted: seed ? `<p>${seed.snippet}</p>` : '', attachments: [], savedAt: Date.now(), version: 1,
      };
      drafts.set(d.id, d);
      later({ type: 'changed', entity: 'draft', ids: [d.id], rev: mail.rev });
      return d;
    },
    draft: ({ id }) => draftOf(id),
    drafts: () => [...drafts.values()].map(draftRow).sort((a, b) => b.savedAt - a.savedAt),
    draft_save: (req) => {
      if (query.get('save') === 'fail') throw fail('store_full', 'The disk is full.', 'Free some space; saving is tried again as you type.');
      const stored = draftOf(req.id);
      // Somebody else is writing too: once.
      if (query.get('conflict') === 'yes' && !rivals.has(req.id)) {
        rivals.add(req.id);
        drafts.set(req.id, { ...stored, subject: 'Written on the phone', html: '<p>Good morning,</p><p>I began this on the phone, and it was saved there first.</p>', savedAt: Date.now() - 120_000, version: stored.version + 1 });
      }
      if (req.version !== undefined && req.version !== draftOf(req.id).version) throw fail('draft_conflict', 'This draft was changed somewhere else meanwhile.', 'Keep yours or take the other; what is replaced stays among the draft\u2019s versions.');
      const d = { ...draftOf(req.id), ...req, savedAt: Date.now(), version: draftOf(req.id).version + 1 };
      drafts.set(d.id, d);
      later({ type: 'changed', entity: 'draft', ids: [d.id], rev: mail.rev });
      return { savedAt: d.savedAt, version: d.version };
    },
    draft_attach: ({ id, name: file, mime, data }) => {
      const d = draftOf(id);
      const next = { ...d, attachments: [...d.attachments, { id: Date.now(), name: file, mime, size: Math.floor(data.length * 0.75) }] };
      drafts.set(id, next);
      return next;
    },
    draft_detach: ({ id, attachment }) => {
      const d = draftOf(id);
      const next = { ...d, attachments: d.attachments.filter((a) => a.id !== attachment) };
      drafts.set(id, next);
      return next;
    },
    draft_discard: ({ id }) => {
      const gone = drafts.get(id);
      drafts.delete(id);
      later({ type: 'changed', entity: 'draft', ids: [id], rev: mail.rev });
      if (gone) unsent.set(`d${String(id)}`, gone);
      return { undo: `d${String(id)}`, undoUntil: Date.now() + 8000, count: 1, words: 'Draft discarded' };
    },
    draft_send: ({ id, sendAt }) => {
      const d = draftOf(id);
      if (query.get('send') === 'fail') throw fail('smtp_refused', 'The server refused this message.', 'It said: 552 message size exceeds the limit of 20 MB. Remove an attachment and send again.');
      drafts.delete(id);
      unsent.set(`s${String(id)}`, d);
      queue = [...queue, { id: 700 + queue.length, account: d.account, kind: 'send', state: 'queued', subject: d.subject, recipients: d.to.map((a) => a.name || a.email), words: 'Waits for its turn', reason: null, notBefore: sendAt ?? Date.now() + 10_000, attempts: 0, createdAt: Date.now() }];
      later({ type: 'outbox' });
      return { undo: `s${String(id)}`, undoUntil: Date.now() + 10_000, count: 1, words: sendAt ? 'Will be sent later' : 'Message sent' };
    },
    ...finding({ mail, query, partial: scenario === 'importing' }),
    outbox: () => queue,
    outbox_act: ({ id, action }) => {
      if (actOnFile(id, action)) return { draft: null };
      const given = queue.find((o) => o.id === id);
      if (action === 'discard' && given?.kind === 'send') {
        const d: DraftDto = { id: nextDraft++, account: given.account, kind: 'new', to: given.recipients.map((r) => p(r, `${r.toLowerCase().replaceAll(' ', '.')}@northwind.example`)), cc: [], bcc: [], subject: given.subject, html: '<p>Hello</p>', quoted: '', attachments: [], savedAt: Date.now(), version: 1 };
        drafts.set(d.id, d);
        queue = queue.filter((o) => o.id !== id);
        later({ type: 'outbox' });
        return { draft: d.id };
      }
      queue = action === 'retry' || action === 'sendNow' ? queue.map((o) => (o.id === id ? { ...o, state: 'sending', reason: null, words: 'Sending now' } : o)) : queue.filter((o) => o.id !== id);
      later({ type: 'outbox' });
      later({ type: 'status', status: statusNow() });
      return { draft: null };
    },
  };

  return {
    invoke: async (command, req) => {
      await wait(Number(query.get('latency')) || 8);
      // `?broken=activity,drafts`: what a screen shows when the store does not answer.
      if (query.get('broken')?.split(',').includes(command)) throw fail('store', 'The mail store could not be read.', 'Try again. If it stays so, restart Aurelius; nothing is lost.');
      const handler = handlers[command] as (r: unknown) => unknown;
      const value: unknown = await handler(req);
      // Only what survives JSON may cross, as in the window.
      return JSON.parse(JSON.stringify(value ?? null));
    },
    listen: (handler) => { emit = handler; return Promise.resolve(); },
  };
}
