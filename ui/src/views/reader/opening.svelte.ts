// Opening and saving files from mails, from the reader and from the list of all files. The core judges the file by its bytes; what it
// finds risky is asked about, and the core refuses to open such a file without that answer.
import { toasts } from '../../data/toasts.svelte';
import { t } from '../../i18n';
import type { Id } from '../../ipc/bindings';
import { call } from '../../ipc/transport';

/** A file as both places know it. */
export interface MailFile {
  id: Id;
  name: string;
  message: Id;
  /** Who sent it. */
  email: string;
}

export class FileOpening {
  /** The file that is being opened or saved; 0 for none. */
  busy = $state<Id>(0);
  asking = $state.raw<{ file: MailFile; risk: string } | null>(null);

  async open(file: MailFile): Promise<void> {
    await this.#while(file, async () => {
      const { risk } = await call('attachment_check', { message: file.message, attachment: file.id });
      if (risk === 'none') await this.#run(file, true, false);
      else this.asking = { file, risk };
    });
  }

  async save(file: MailFile): Promise<void> {
    await this.#while(file, () => this.#run(file, false, false));
  }

  cancel(): void {
    this.asking = null;
  }

  /** The answer to the question: a program is only ever saved. */
  async confirm(): Promise<void> {
    const asked = this.asking;
    this.asking = null;
    if (asked) await this.#while(asked.file, () => this.#run(asked.file, asked.risk !== 'executable', true));
  }

  async #run(file: MailFile, open: boolean, confirmed: boolean): Promise<void> {
    const what = { message: file.message, attachment: file.id };
    const { path } = await (open ? call('attachment_open', { ...what, confirmed }) : call('attachment_save', what));
    toasts.show({ text: t(open ? 'files.opened' : 'files.saved', { path }), kind: 'success' });
  }

  async #while(file: MailFile, work: () => Promise<void>): Promise<void> {
    this.busy = file.id;
    try {
      await work();
    } catch (error) {
      toasts.error(error);
    } finally {
      this.busy = 0;
    }
  }
}
