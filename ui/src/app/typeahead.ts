// Between the key that opens a field and the field's focus there can be a chunk to load. What is typed in that time is meant for the
// field: it must neither be lost nor run commands (an answer that begins with "e" would archive the conversation).
import { isTyping, type Stroke } from './keys';

/** Longer than any opening takes. A field that never came must not keep the keys. */
const PATIENCE = 2000;

export class TypeAhead {
  #until = 0;
  #typed = '';
  /** What had the focus when the key was pressed: itself a field, perhaps, but not the one that comes. */
  #origin: Element | null = null;
  /** The field has the focus and is about to get what was typed. */
  #landed = false;
  #field: string;

  /** `field`: the selector of what takes text. */
  constructor(field: string) {
    this.#field = field;
  }

  get expecting(): boolean {
    return performance.now() < this.#until;
  }

  /** `origin`: what had the focus before the command ran. */
  expect(origin: Element | null): void {
    const now = document.activeElement;
    if (now !== origin && now?.closest(this.#field)) return;
    this.#origin = origin;
    if (!this.expecting) document.addEventListener('focusin', this.#arrived);
    this.#until = performance.now() + PATIENCE;
    this.#typed = '';
  }

  /** True: the key was kept for the field. */
  take(event: Stroke & { target: EventTarget | null }): boolean {
    if (!this.expecting) return false;
    // What follows in the meantime comes after it.
    if (!this.#landed && event.target instanceof Element && event.target !== this.#origin && event.target.closest(this.#field)) {
      this.#end();
      return false;
    }
    if (event.key === 'Escape') {
      this.#end();
      return false;
    }
    if (event.key === 'Backspace') this.#typed = this.#typed.slice(0, -1);
    else if (isTyping(event)) this.#typed += event.key;
    // Enter and Tab would act on what the person no longer looks at.
    else if (event.key !== 'Enter' && event.key !== 'Tab') return false;
    return true;
  }

  #end(): void {
    this.#until = 0;
    this.#typed = '';
    this.#landed = false;
    document.removeEventListener('focusin', this.#arrived);
  }

  #arrived = (event: FocusEvent): void => {
    const field = event.target instanceof Element ? event.target.closest(this.#field) : null;
    if (!field) return;
    if (!this.expecting || this.#typed === '') return this.#end();
    this.#landed = true;
    // A frame later: an editor sets its own selection when it gets the focus. As typing, so that the field's own handlers see it.
    requestAnimationFrame(() => {
      const typed = this.#typed;
      this.#end();
      if (typed === '' || document.activeElement !== field) return;
      // The only way to type that inputs and rich editors both take for typing, with undo.
      document.execCommand('insertText', false, typed);
    });
  };
}
