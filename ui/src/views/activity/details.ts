// What an entry is about, and its numbers, in words. The log holds `kind:id` and `key=value`; what no table knows is shown readable
// and complete, because nothing may be left out of a log.
import { session } from '../../data/session.svelte';
import { t, type MessageKey } from '../../i18n';
import { fromCore } from '../../i18n/core';
import { catalogue } from '../integrations/catalogue.svelte';

const NUMBERED: Readonly<Record<string, MessageKey>> = {
  message: 'log.target.message', thread: 'log.target.thread', attachment: 'log.target.attachment', outbox: 'log.target.outbox', draft: 'log.target.draft', bulk: 'log.target.bulk', block: 'log.target.block',
  split: 'log.target.split', text: 'log.target.text', signature: 'log.target.signature', revocation: 'log.target.revocation', home: 'log.target.home', vault: 'log.target.vault', event: 'log.target.event', calendar: 'log.target.calendar', task: 'log.target.task', task_list: 'log.target.task_list',
};
/** Kinds whose name says nothing that the action has not said. */
const SILENT = ['threads', 'activity', 'split'];
const NAMED = ['account', 'connection', 'integration'];
export const TARGET_CODES: readonly string[] = [...Object.keys(NUMBERED), ...SILENT, ...NAMED];

/** `kind:id` → words; empty where there is nothing to add. */
export function targetWords(target: string): string {
  const at = target.indexOf(':');
  const [kind, id] = at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
  if (kind === 'vault') return t('log.target.vault');
  if (id === '' && SILENT.includes(kind)) return '';
  if (kind === 'account' || kind === 'connection') {
    const found = session.connections.find((c) => c.id === id || c.accounts.some((a) => String(a.id) === id));
    return found ? t('log.target.account', { name: found.label || found.email }) : t('log.target.accountGone');
  }
  if (kind === 'integration') return t('log.target.integration', { name: fromCore(catalogue.get(id)?.label ?? id) });
  const key = NUMBERED[kind];
  // A long id is one made by chance: its beginning tells it from another.
  const short = id.length > 12 ? `${id.slice(0, 8)}…` : id;
  return key === undefined ? `${readable(kind)} ${short}`.trim() : t(key as 'log.target.message', { id: short }).trim();
}

const COUNTS: Readonly<Record<string, MessageKey>> = {
  threads: 'log.threads', messages: 'log.messages', recipients: 'log.recipients', files: 'log.files', entries: 'log.entries', attempts: 'log.attempts', scopes: 'log.scopes', refused: 'log.refusedCount',
  left_marked: 'log.leftMarked', more: 'log.more', chars: 'log.chars', items: 'log.items', tasks: 'log.tasks',
};
/** What a count of none does not have to say. */
const QUIET = ['refused', 'left_marked', 'more', 'attempts'];
const VALUES: Readonly<Record<string, MessageKey>> = {
  'images=true': 'log.withImages', 'to=junk': 'log.toJunk', 'to=trash': 'log.toTrash', 'name=1': 'log.nameChanged', 'hue=1': 'log.hueChanged', 'protection=keyring': 'log.protection.keyring',
  'protection=passphrase': 'log.protection.passphrase', 'scope=sender': 'log.scope.sender', 'scope=domain': 'log.scope.domain', 'cause=auth': 'log.cause.auth', 'cause=grant_dead': 'log.cause.grant_dead',
  'cause=servers': 'log.cause.servers', 'kept=mine': 'log.kept.mine', 'kept=theirs': 'log.kept.theirs', 'answer=accepted': 'log.answer.accepted', 'answer=declined': 'log.answer.declined',
  'answer=tentative': 'log.answer.tentative',
  ...Object.fromEntries(['send', 'file_sent', 'flags', 'move', 'labels', 'delete', 'save_draft', 'discard_draft', 'create_mailbox', 'rename_mailbox', 'delete_mailbox', 'unsubscribe', 'put_item', 'delete_item', 'put_task', 'delete_task', 'put_file', 'one_click', 'mail', 'sender', 'domain']
    .map((k) => [`kind=${k}`, `log.kind.${k}` as MessageKey])),
};
const MEANINGLESS = ['images=false', 'name=0', 'hue=0'];

const readable = (code: string) => code.replaceAll('_', ' ');

/** `key=value` pairs → words, in their order. */
export function detailWords(detail: string): string {
  const out: string[] = [];
  for (const pair of detail.split(/\s+/).filter(Boolean)) {
    const at = pair.indexOf('=');
    if (at < 0) {
      out.push(pair);
      continue;
    }
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const count = COUNTS[name];
    if (MEANINGLESS.includes(pair) || (QUIET.includes(name) && value === '0')) continue;
    if (count !== undefined && /^\d+$/.test(value)) out.push(t(count as 'log.threads', { count: Number(value) }));
    else if (VALUES[pair] !== undefined) out.push(t(VALUES[pair] as 'log.withImages'));
    else if (name === 'code') out.push(t('log.code', { code: value }));
    else if (name === 'integration') out.push(fromCore(catalogue.get(value)?.label ?? value));
    else out.push(t('log.pair', { name: readable(name), value: readable(value) }));
  }
  return out.join(', ');
}
