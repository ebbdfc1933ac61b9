// Every link of a mail goes through here: the core checks it, a suspicious one is asked about, and the core alone opens it.
import { toasts } from '../../data/toasts.svelte';
import type { Id, LinkVerdict } from '../../ipc/bindings';
import { call } from '../../ipc/transport';
import { findLink, shownMails, type LinkClick } from '../../mailframe/links';
import { linkAllowed } from '../../mailframe/policy';

class Links {
  asking = $state.raw<{ click: LinkClick; message: Id | null; verdict: LinkVerdict } | null>(null);
  #last = { href: '', at: 0 };

  /** `mailto:` starts a message instead; the composer registers itself here. */
  write: ((address: string) => void) | null = null;

  async follow(click: LinkClick, message: Id | null): Promise<void> {
    if (!linkAllowed(click.href)) return;
    // A double click is one wish.
    const now = performance.now();
    if (this.#last.href === click.href && now - this.#last.at < 400) return;
    this.#last = { href: click.href, at: now };
    if (/^mailto:/i.test(click.href) && this.write) {
      this.write(click.href);
      return;
    }
    try {
      const req = { href: click.href, text: click.text, message, confirmed: false };
      const verdict = await call('link_check', req);
      if (verdict.ok) await call('link_open', req);
      else this.asking = { click, message, verdict };
    } catch (error) {
      toasts.error(error);
    }
  }

  /** The shell refused a new window that a link in a frame asked for. */
  fromShell(href: string): void {
    const { text, message } = findLink(href, shownMails());
    void this.follow({ href, text }, message);
  }

  cancel(): void {
    this.asking = null;
  }

  async openAnyway(): Promise<void> {
    const asked = this.asking;
    this.asking = null;
    if (!asked) return;
    try {
      await call('link_open', { ...asked.click, message: asked.message, confirmed: true });
    } catch (error) {
      toasts.error(error);
    }
  }
}

export const links = new Links();
