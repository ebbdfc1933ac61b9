// Signatures, snippets, templates, people, files, the activity log and settings of the mock.
import type { ActivityFilter, ActivityRow, Commands, ContactDto, DraftDto, DraftVersionDto, FileRow, Id, Settings, SignatureDto, TextDto } from '../bindings';
import { fail, settings as defaults } from './accounts';
import { ACCOUNTS, TEMPLATES } from './people';
import type { MailStore } from './store';

type Names =
  | 'signatures' | 'signature_save' | 'signature_delete' | 'texts' | 'text_save' | 'text_delete' | 'text_use' | 'draft_versions' | 'draft_restore'
  | 'contacts' | 'person' | 'files' | 'activity' | 'activity_verify' | 'activity_export' | 'settings_reset' | 'settings_export' | 'settings_import';
type Handlers = { [K in Names]: (req: Commands[K][0]) => Commands[K][1] };

interface World {
  mail: MailStore;
  now: number;
  empty: boolean;
  draft: (id: Id) => DraftDto;
  keep: (draft: DraftDto) => void;
  settings: () => Settings;
  save: (settings: Settings) => Settings;
}

const SECTIONS: Record<string, (keyof Settings)[]> = {
  appearance: ['theme', 'density', 'systemFont', 'fontScale', 'contrast', 'reducedMotion', 'language', 'listWidth', 'railCollapsed', 'darkMail', 'weekStart'],
  mail: ['undoSeconds', 'remoteImages', 'afterArchive', 'plainText', 'laterEvening', 'laterMorning', 'laterHours'],
  shortcuts: ['singleKeys', 'keyPreset', 'keyRemaps'],
  notifications: ['notify', 'notifyContent', 'quietHours', 'notifyPausedUntil'],
  general: ['language', 'keepRunning'],
  storage: ['thirdPartyLookup'],
};
const KINDS: [RegExp, string][] = [[/^image\//, 'image'], [/pdf/, 'pdf'], [/calendar/, 'calendar'], [/sheet|excel|csv/, 'sheet'], [/presentation|powerpoint/, 'slides'], [/zip|compressed/, 'archive'], [/word|opendocument|rtf/, 'document'], [/^audio\//, 'audio'], [/^video\//, 'video']];
const ACTIONS = ['mail.moved', 'mail.flagged', 'thread.snoozed', 'mail.sent', 'mail.queued', 'connection.created', 'oauth.callback_refused', 'outbox.wedged', 'draft.discarded', 'split.saved', 'outbox.done', 'account.changed', 'thread.returned'];

function log(now: number): ActivityRow[] {
  return Array.from({ length: 340 }, (_, k) => {
    const action = ACTIONS[(k * 7) % ACTIONS.length]!;
    const bad = action === 'oauth.callback_refused' ? 'refused' : action === 'outbox.wedged' ? 'failed' : 'ok';
    return { id: 340 - k, at: now - k * 1_740_000, actor: bad === 'refused' ? 'outside' : k % 9 === 3 ? 'engine' : k % 23 === 5 ? 'cli' : 'person', action, target: action.startsWith('connection') ? 'connection:c-work' : action.startsWith('oauth') ? 'integration:google' : action.startsWith('outbox') ? `outbox:${String(k)}` : action.startsWith('thread') ? 'threads:' : action.startsWith('mail') ? `message:${String(100 + k)}` : `account:${String(1 + (k % 2))}`, outcome: bad, detail: action.startsWith('mail') ? `messages=${String(1 + (k % 5))}` : action.startsWith('outbox') ? `kind=${k % 2 ? 'move' : 'send'} attempts=${String(1 + (k % 2))} refused=0` : '' };
  });
}

export function writing(w: World): Handlers {
  let signatures: SignatureDto[] = w.empty ? [] : [{ id: 1, account: 1, name: 'Work', html: '<p>Mara Lindqvist<br>Lindqvist Studio</p>', forNew: true, forReply: false }];
  let texts: TextDto[] = w.empty ? [] : [
    { id: 1, kind: 'snippet', name: 'Thanks, looking into it', shortcut: 'thanks', subject: '', html: '<p>Hi {first_name}, thank you, I am looking into it and will be back by tomorrow.</p>', uses: 12 },
    { id: 2, kind: 'snippet', name: 'Address', shortcut: 'addr', subject: '', html: '<p>Lindqvist Studio, Hammarby allé 4, 120 61 Stockholm</p>', uses: 4 },
    { id: 3, kind: 'template', name: 'Introduction', shortcut: 'intro', subject: 'Introduction: {name}', html: '<p>Hello {first_name},</p><p>it was good to meet you. As promised, here is what we talked about.</p><p>{my_first_name}</p>', uses: 3 },
  ];
  let next = 10;
  const kind = (mime: string) => KINDS.find(([re]) => re.test(mime))?.[1] ?? 'other';

  const people = (): ContactDto[] => {
    const found = new Map<string, ContactDto>();
    for (let id = 1; id <= Math.min(w.mail.size, 200); id++) {
      for (const a of w.mail.row(id).senders) {
        if (ACCOUNTS.some((own) => own.email === a.email)) continue;
        const old = found.get(a.email);
        if (old) found.set(a.email, { ...old, received: old.received + 1 });
        else found.set(a.email, { name: a.name, email: a.email, sent: id % 4, received: 1, lastAt: w.mail.date(id) });
      }
    }
    return [...found.values()].sort((a, b) => b.lastAt - a.lastAt);
  };
  const files = (): FileRow[] => {
    const out: FileRow[] = [];
    for (let id = 1; id <= Math.min(w.mail.size, 400); id++) {
      const row = w.mail.row(id);
      (w.mail.template(id).attachments ?? []).forEach(([name, mime, size, risk], i) =>
        out.push({ id: id * 1000 + i, message: id * 100 + row.count - 1, thread: id, account: row.account, name, mime, kind: kind(mime), size, risk: risk ?? 'none', from: row.senders[0]!, subject: row.subject, date: row.date }));
    }
    return out;
  };
  const paged = <T>(all: T[], after: string | null, limit: number) => {
    const from = Number(after ?? 0);
    return { items: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null };
  };
  const fits = (f: ActivityFilter) => (r: ActivityRow) =>
    (f.actor === null || r.actor === f.actor) && (f.area === null || r.action.startsWith(`${f.area}.`)) && (f.outcome === null || r.outcome === f.outcome)
    && (f.target === null || r.target.startsWith(f.target)) && (f.since === null || r.at >= f.since) && (f.until === null || r.at < f.until);
  const versions = (d: DraftDto): DraftVersionDto[] => [3, 2, 1].filter((v) => v < d.version).map((v) => {
    const html = `<p>${d.html.replace(/<[^>]+>/g, ' ').trim().split(' ').slice(0, v * 6).join(' ')}</p>`;
    return { version: v, savedAt: d.savedAt - (d.version - v) * 240_000, subject: d.subject, html, snippet: html.replace(/<[^>]+>/g, '') };
  });

  return {
    signatures: () => signatures,
    signature_save: (s) => {
      const saved = { ...s, id: s.id || next++, html: s.html.replace(/<script[\s\S]*?<\/script>/gi, '') };
      signatures = [...signatures.filter((x) => x.id !== saved.id).map((x) => (x.account === saved.account ? { ...x, forNew: x.forNew && !saved.forNew, forReply: x.forReply && !saved.forReply } : x)), saved];
      return saved;
    },
    signature_delete: ({ id }) => { signatures = signatures.filter((s) => s.id !== id); return {}; },
    texts: ({ kind: wanted }) => texts.filter((t) => wanted === null || t.kind === wanted).sort((a, b) => b.uses - a.uses),
    text_save: (t) => {
      if (t.shortcut && texts.some((x) => x.shortcut === t.shortcut && x.id !== t.id)) throw fail('shortcut_taken', `Another text has the shortcut ${t.shortcut}.`, 'Choose another word.');
      const saved = { ...t, id: t.id || next++ };
      texts = [...texts.filter((x) => x.id !== saved.id), saved];
      return saved;
    },
    text_delete: ({ id }) => { texts = texts.filter((t) => t.id !== id); return {}; },
    text_use: ({ id, draft }) => {
      const t = texts.find((x) => x.id === id);
      if (!t) throw fail('not_found', 'This text is gone.');
      const d = w.draft(draft);
      const me = ACCOUNTS.find((a) => a.id === d.account);
      const to = d.to[0];
      const values: Record<string, string | undefined> = { first_name: to?.name.split(' ')[0], name: to?.name, email: to?.email, my_name: me?.name, my_first_name: me?.name.split(' ')[0], my_email: me?.email, date: new Date(w.now).toISOString().slice(0, 10), subject: d.subject };
      const missing = new Set<string>();
      const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => {
        if (!(name in values)) return whole;
        if (values[name]) return values[name];
        missing.add(name);
        return whole;
      });
      texts = texts.map((x) => (x.id === id ? { ...x, uses: x.uses + 1 } : x));
      return { html: fill(t.html), subject: fill(t.subject), missing: [...missing] };
    },
    draft_versions: ({ id }) => versions(w.draft(id)),
    draft_restore: ({ id, version }) => {
      const d = w.draft(id);
      const old = versions(d).find((v) => v.version === version);
      if (!old) throw fail('not_found', 'This version is no longer here.');
      const restored = { ...d, html: old.html, subject: old.subject, version: d.version + 1, savedAt: Date.now() };
      w.keep(restored);
      return restored;
    },
    contacts: ({ text, after, limit }) => {
      const q = text.trim().toLowerCase();
      return paged(people().filter((c) => c.name.toLowerCase().includes(q) || c.email.includes(q)), after, limit);
    },
    person: ({ email }) => {
      const contact = people().find((c) => c.email === email) ?? { name: '', email, sent: 0, received: 0, lastAt: 0 };
      const ids = Array.from({ length: Math.min(w.mail.size, 200) }, (_, k) => k + 1).filter((id) => TEMPLATES.length > 0 && w.mail.row(id).senders.some((s) => s.email === email));
      return { contact, threads: ids.slice(0, 10).map((id) => w.mail.row(id)), files: files().filter((f) => f.from.email === email).slice(0, 10) };
    },
    files: (f) => paged(files().filter((x) => (f.kind === null || x.kind === f.kind) && (f.from === null || x.from.email === f.from) && (f.account === null || x.account === f.account) && (f.since === null || x.date >= f.since) && (f.until === null || x.date < f.until)), f.after, f.limit),
    activity: ({ filter, after, limit }) => {
      const all = w.empty ? [] : log(w.now);
      return { ...paged(all.filter(fits(filter)), after, limit), areas: [...new Set(all.map((r) => r.action.split('.')[0]!))].sort() };
    },
    activity_verify: () => ({ intact: true, entries: 340, brokenAt: null }),
    activity_export: ({ format, path }) => ({ path: path ?? `~/Downloads/aurelius-activity.${format}` }),
    settings_reset: ({ section }) => {
      const fresh = defaults();
      const old = w.settings();
      if (section === null) return w.save({ ...fresh, onboardingDone: old.onboardingDone });
      const keys = SECTIONS[section] ?? [];
      return w.save({ ...old, ...Object.fromEntries(keys.map((k) => [k, fresh[k]])) });
    },
    settings_import: ({ json }) => {
      const file = (() => { try { return JSON.parse(json) as object; } catch { return null; } })();
      if (file === null || !('theme' in file)) throw fail('settings_file', 'This is not a file of exported settings.', 'Choose a file that “Export settings” wrote. Nothing was changed.');
      return { ...w.settings(), ...(file as Partial<Settings>) };
    },
    settings_export: ({ path }) => ({ path: path ?? '~/Downloads/aurelius-settings.json' }),
  };
}
