// One open draft. What is on screen is the truth until the core has it: typing never waits for saving, saving never loses typing.
import { SvelteSet } from 'svelte/reactivity';
import type { ActRes, AddressDto, DraftAttachment, DraftDto, Id } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';
import { add, type Chip, parse, toAddress, toChip } from './addresses';
import { freeName, LIMIT_BYTES, promisesFile, readBase64, total } from './attach';
import type { Remind } from './remind';
import { blanks, type Variable } from './blanks';

const SAVE_AFTER_MS = 700;

export type SaveState = 'new' | 'dirty' | 'saving' | 'saved' | 'failed';
export type Mode = 'dock' | 'full' | 'inline' | 'minimised';
export type Line = 'to' | 'cc' | 'bcc';
/** What is asked about once before sending: a blank nobody filled in, a file that is only mentioned, no subject. */
export type Doubt = 'blank' | 'file' | 'subject';

/** What a person writes: everything of a draft but its files. */
export interface Content {
  account: Id;
  to: AddressDto[];
  cc: AddressDto[];
  bcc: AddressDto[];
  subject: string;
  html: string;
  quoted: string;
}
const contentOf = ({ account, to, cc, bcc, subject, html, quoted }: Content): Content => ({ account, to, cc, bcc, subject, html, quoted });
const same = (a: Content, b: Content): boolean => JSON.stringify(contentOf(a)) === JSON.stringify(contentOf(b));

/** A file on its way into the draft. */
export interface Incoming {
  key: number;
  name: string;
  size: number;
  error: string | null;
}

export interface Problems {
  recipients: 'none' | 'invalid' | null;
  /** The invalid ones, for the message. */
  bad: string[];
  size: boolean;
}

export class Draft {
  readonly id: Id;
  readonly kind: string;
  account = $state(0);
  to = $state.raw<Chip[]>([]);
  cc = $state.raw<Chip[]>([]);
  bcc = $state.raw<Chip[]>([]);
  subject = $state('');
  html = $state('');
  quoted = $state('');
  files = $state.raw<DraftAttachment[]>([]);
  incoming = $state.raw<Incoming[]>([]);
  mode = $state<Mode>('dock');
  /** Conversation it answers, for the inline form. */
  thread: Id | null;
  /** Message it answers. */
  message: Id | null;
  saveState = $state<SaveState>('new');
  savedAt = $state(0);
  error = $state.raw<CallError | null>(null);
  /** Changed somewhere else while it was changed here: what is stored now. Nothing is saved until the person has chosen. */
  conflict = $state.raw<DraftDto | null>(null);
  /** Grows when the text is replaced from outside the editor. */
  replaced = $state(0);
  sending = $state(false);
  /** To be reminded of it if nobody answers. */
  remind = $state.raw<Remind | null>(null);
  /** Problems are shown once sending was tried, and while they last. */
  tried = $state(false);
  /** Plain words of the editor, for the checks. */
  words = '';
  /** Warnings that the person has answered with "send anyway". */
  readonly waived = new SvelteSet<Doubt>();

  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #nextKey = 1;
  /** The stored version that what is on screen came from; null: save over whatever is there. */
  #version: number | null;
  /** What is stored, as far as this window knows. */
  #stored: Content;
  #reading = new Map<number, Blob>();

  constructor(dto: DraftDto, mode: Mode, thread: Id | null, message: Id | null) {
    this.id = dto.id;
    this.kind = dto.kind;
    this.account = dto.account;
    this.to = dto.to.map(toChip);
    this.cc = dto.cc.map(toChip);
    this.bcc = dto.bcc.map(toChip);
    this.subject = dto.subject;
    this.html = dto.html;
    this.quoted = dto.quoted;
    this.files = dto.attachments;
    this.savedAt = dto.savedAt;
    this.mode = mode;
    this.thread = thread;
    this.message = message;
    this.#version = dto.version;
    this.#stored = contentOf(dto);
    this.saveState = dto.version > 1 ? 'saved' : 'new';
    this.words = dto.html.replace(/<[^>]+>/g, ' ');
  }

  get content(): Content {
    return { account: this.account, to: this.to.map(toAddress), cc: this.cc.map(toAddress), bcc: this.bcc.map(toAddress), subject: this.subject, html: this.html, quoted: this.quoted };
  }

  #show(content: Content): void {
    this.account = content.account;
    this.to = content.to.map(toChip);
    this.cc = content.cc.map(toChip);
    this.bcc = content.bcc.map(toChip);
    this.subject = content.subject;
    this.html = content.html;
    this.quoted = content.quoted;
    this.words = content.html.replace(/<[^>]+>/g, ' ');
    this.replaced += 1;
  }

  /** Shows what is stored, in the place of what is here. */
  load(dto: DraftDto): void {
    clearTimeout(this.#timer);
    this.conflict = null;
    this.error = null;
    this.#version = dto.version;
    this.#stored = contentOf(dto);
    this.files = dto.attachments;
    this.savedAt = dto.savedAt;
    this.saveState = 'saved';
    this.#show(dto);
  }

  /** Shows a text again that was here before, and saves it over whatever is stored. */
  putBack(content: Content): void {
    this.#show(content);
    this.#version = null;
    this.touch();
  }

  /** Keeps what is here, over what is stored. */
  keepMine(): Promise<void> {
    this.conflict = null;
    this.#version = null;
    this.saveState = 'dirty';
    return this.save();
  }

  /** Somebody else has saved this draft. True: it is shown; nothing of this window was waiting to be saved. */
  async follow(): Promise<boolean> {
    const quiet = () => (this.saveState === 'saved' || this.saveState === 'new') && this.#running === null && this.incoming.length === 0 && !this.sending;
    if (!quiet()) return false;
    const dto = await call('draft', { id: this.id });
    if (!quiet() || this.#version === null || dto.version <= this.#version) return false;
    const news = !same(dto, this.#stored);
    if (news) this.load(dto);
    else this.#version = dto.version;
    return news;
  }

  get problems(): Problems {
    const all = [...this.to, ...this.cc, ...this.bcc];
    const bad = all.filter((c) => !c.valid).map((c) => c.email);
    return { recipients: all.length === 0 ? 'none' : bad.length > 0 ? 'invalid' : null, bad, size: this.bytes > LIMIT_BYTES };
  }

  get bytes(): number {
    return total(this.files) + total(this.incoming.filter((f) => f.error === null));
  }

  /** Nothing was ever put in: closing leaves nothing behind. */
  get untouched(): boolean {
    return this.saveState === 'new' && this.files.length === 0 && this.incoming.length === 0;
  }

  get blanks(): Variable[] {
    return blanks(`${this.subject}\n${this.words}`);
  }

  get doubt(): Doubt | null {
    if (!this.waived.has('blank') && this.blanks.length > 0) return 'blank';
    const noFile = this.files.length === 0 && this.incoming.length === 0;
    if (noFile && this.kind !== 'forward' && !this.waived.has('file') && promisesFile(this.words, this.subject)) return 'file';
    if (this.subject.trim() === '' && !this.waived.has('subject')) return 'subject';
    return null;
  }

  touch(): void {
    this.saveState = 'dirty';
    this.error = null;
    clearTimeout(this.#timer);
    if (this.conflict) return;
    this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  put(line: Line, chips: Chip[]): void {
    this[line] = chips;
    this.touch();
  }

  addTyped(line: Line, text: string): void {
    const more = parse(text);
    if (more.length > 0) this.put(line, add(this[line], more));
  }

  /** Saves what is unsaved; at most one save runs, and what was typed meanwhile is saved after it. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#running) {
      await this.#running;
      if (this.saveState === 'dirty') await this.save();
      return;
    }
    if (this.saveState !== 'dirty' && this.saveState !== 'failed') return;
    if (this.conflict) {
      this.saveState = 'failed';
      return;
    }
    this.#running = this.#save().finally(() => {
      this.#running = null;
    });
    await this.#running;
    // Typed while the save was on its way.
    if (this.#dirty()) this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  #dirty(): boolean {
    return this.saveState === 'dirty';
  }

  async #save(): Promise<void> {
    this.saveState = 'saving';
    const content = this.content;
    try {
      const saved = await call('draft_save', { id: this.id, ...content, ...(this.#version === null ? {} : { version: this.#version }) });
      this.#version = saved.version;
      this.#stored = content;
      this.savedAt = saved.savedAt;
      if (this.saveState === 'saving') this.saveState = 'saved';
    } catch (error) {
      const e = asCallError(error);
      if (e.code === 'draft_conflict' && (await this.#meet())) return;
      if (this.conflict === null) this.error = e;
      this.saveState = 'failed';
    }
  }

  /** The stored draft is newer. True: its text is the one this window knows (or has itself), and saving goes on. */
  async #meet(): Promise<boolean> {
    try {
      const theirs = await call('draft', { id: this.id });
      if (!same(theirs, this.#stored) && !same(theirs, this.content)) {
        this.conflict = theirs;
        return false;
      }
      this.#version = theirs.version;
      await this.#save();
      return true;
    } catch {
      return false;
    }
  }

  async attach(list: Iterable<File>, tooLarge: string): Promise<void> {
    for (const file of list) {
      const taken = [...this.files, ...this.incoming].map((f) => f.name);
      const entry: Incoming = { key: this.#nextKey++, name: freeName(file.name || 'file', taken), size: file.size, error: null };
      if (this.bytes + file.size > LIMIT_BYTES) {
        this.incoming = [...this.incoming, { ...entry, error: tooLarge }];
        continue;
      }
      this.incoming = [...this.incoming, entry];
      await this.#upload(entry, file);
    }
  }

  /** A file that lies at a provider; the core fetches it. */
  async attachRemote(key: string): Promise<void> {
    this.#attached(await call('draft_attach_remote', { id: this.id, key }));
  }

  #attached(dto: DraftDto): void {
    this.files = dto.attachments;
    if (this.#version !== null) this.#version = Math.max(this.#version, dto.version);
    if (this.saveState === 'new') this.saveState = 'saved';
    this.savedAt = Math.max(this.savedAt, dto.savedAt);
  }

  async #upload(entry: Incoming, file: Blob): Promise<void> {
    this.#reading.set(entry.key, file);
    try {
      const data = await readBase64(file);
      // Taken out again while it was being read.
      if (!this.#reading.has(entry.key)) return;
      const dto = await call('draft_attach', { id: this.id, name: entry.name, mime: file.type || 'application/octet-stream', data });
      this.#attached(dto);
      this.incoming = this.incoming.filter((f) => f.key !== entry.key);
    } catch (error) {
      this.incoming = this.incoming.map((f) => (f.key === entry.key ? { ...f, error: asCallError(error).message } : f));
    } finally {
      this.#reading.delete(entry.key);
    }
  }

  dropIncoming(key: number): void {
    this.#reading.delete(key);
    this.incoming = this.incoming.filter((f) => f.key !== key);
  }

  async detach(id: Id): Promise<void> {
    const before = this.files;
    this.files = before.filter((f) => f.id !== id);
    try {
      this.files = (await call('draft_detach', { id: this.id, attachment: id })).attachments;
    } catch (error) {
      this.files = before;
      this.error = asCallError(error);
    }
  }

  /** None when it was not taken: the reason is in `problems`, `doubt` or `error`, and the draft stays as it is. */
  async send(sendAt: number | null, archive: boolean, remindAt: number | null = null): Promise<ActRes | null> {
    this.tried = true;
    const { recipients, size } = this.problems;
    if (recipients !== null || size || this.doubt !== null || this.sending || this.incoming.some((f) => f.error === null)) return null;
    this.sending = true;
    this.error = null;
    try {
      if (this.saveState === 'new') this.saveState = 'dirty';
      await this.save();
      if (this.saveState === 'failed') return null;
      return await call('draft_send', { id: this.id, sendAt, archive, ...(remindAt === null ? {} : { remindAt }) });
    } catch (error) {
      this.error = asCallError(error);
      return null;
    } finally {
      this.sending = false;
    }
  }

  /** Stops the clock; the draft is about to be closed. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.saveState === 'dirty' || this.#running) await this.save();
  }

  drop(): void {
    clearTimeout(this.#timer);
  }
}
