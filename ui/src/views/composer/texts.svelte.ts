// The snippets and templates of the person, read once and kept; every window of this program changes them through here.
import '../../i18n/writing';
import { toasts } from '../../data/toasts.svelte';
import { undo } from '../../data/undo.svelte';
import { t } from '../../i18n';
import type { TextDto } from '../../ipc/bindings';
import { asCallError, call, type CallError } from '../../ipc/transport';

class Shelf {
  /** By how often they are used; null until they have been read. */
  all = $state.raw<readonly TextDto[] | null>(null);
  error = $state.raw<CallError | null>(null);

  async read(): Promise<void> {
    try {
      this.all = await call('texts', { kind: null });
      this.error = null;
    } catch (failure) {
      this.error = asCallError(failure);
    }
  }

  /** Throws what the core refuses: the form shows it beside the field. */
  async save(text: TextDto): Promise<TextDto> {
    const saved = await call('text_save', text);
    toasts.show({ text: t('texts.saved', { name: saved.name }), kind: 'success', ms: 3000 });
    await this.read();
    return saved;
  }

  async remove(text: TextDto): Promise<void> {
    try {
      await call('text_delete', { id: text.id });
    } catch (failure) {
      toasts.error(failure);
      return;
    }
    const back = () => call('text_save', { ...text, id: 0 }).then(() => this.read());
    undo.offerLocal(t('texts.deleted', { name: text.name }), back);
    await this.read();
  }
}

export const shelf = new Shelf();
