// What forms that connect something with one question to the core share: whether it is asked, what it answered, and where the person
// looks next.
import { tick } from 'svelte';
import { t } from '../../i18n';
import type { ConnectionDto } from '../../ipc/bindings';
import { asCallError, type CallError } from '../../ipc/transport';

/** Some of the core's reasons are parts of a sentence. */
export const sentence = (text: string): string => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`);

/** An error as it stands at a field. */
export const atField = (error: CallError): string => `${sentence(error.message)} ${error.hint}`.trim();

export class Setup {
  busy = $state(false);
  tried = $state(false);
  error = $state.raw<CallError | null>(null);
  connected = $state.raw<ConnectionDto | null>(null);

  /** Which of the fields the core's answer is about. */
  protected about(_error: CallError): string | null {
    return null;
  }
  protected words(error: CallError, _field: string): string {
    return atField(error);
  }
  /** What stands at a field: its own fault (shown only after the first try), or what the core said about it. */
  protected stands(field: string, own: string | null | undefined): string | null {
    const fault = this.tried ? (own ?? null) : null;
    return fault ?? (this.error !== null && this.about(this.error) === field ? this.words(this.error, field) : null);
  }
  /** What is about no field. */
  get general(): CallError | null {
    return this.error !== null && this.about(this.error) === null ? this.error : null;
  }
  /** Other certificates can't be accepted in these forms: the hint says what helps instead. */
  get hint(): string {
    return this.error?.code === 'certificate' ? t('dav.certificate') : (this.error?.hint ?? '');
  }

  /** `work`: null where the form itself is not right yet. */
  protected async ask(work: (() => Promise<ConnectionDto>) | null): Promise<boolean> {
    this.tried = true;
    this.error = null;
    if (work === null) return false;
    this.busy = true;
    try {
      this.connected = await work();
      return true;
    } catch (error) {
      this.error = asCallError(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

/** To the first field that needs a look, or to the answer: the button is gone. */
export async function submitted(e: SubmitEvent, form: HTMLFormElement | undefined, setup: Setup & { connect: () => Promise<boolean> }): Promise<void> {
  e.preventDefault();
  if (setup.busy) return;
  const ok = await setup.connect();
  await tick();
  form?.querySelector<HTMLElement>(ok ? '[data-step]' : '[aria-invalid=true]')?.focus();
}
