// Jobs over many conversations: their progress while they run, one word and a way back when they end.
import type { BulkJob, Id } from '../ipc/bindings';
import { call, onEvent } from '../ipc/transport';
import { t } from '../i18n';
import { fromCore } from '../i18n/core';
import type { Operation } from './threads.svelte';
import { toasts } from './toasts.svelte';
import { undo } from './undo.svelte';

/** Work on many is noticed later. */
const TOLD_MS = 12_000;

class Bulk {
  jobs = $state.raw<readonly BulkJob[]>([]);
  readonly running: readonly BulkJob[] = $derived(this.jobs.filter((j) => j.state === 'running'));
  #listening = false;
  #told = new Set<Id>();
  #ends = new Map<Id, () => void>();

  /** Also jobs that an earlier window left running. */
  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    onEvent((event) => {
      if (event.type === 'bulk') this.follow(event.job);
    });
    call('bulk_jobs').then((jobs) => {
      for (const job of jobs) if (job.state === 'running') this.follow(job);
    }, () => undefined);
  }

  /** `operations`: what the window did ahead of the job stays until the job is over, else its rows would flicker back. */
  begin(job: BulkJob, operations: readonly Operation[]): void {
    this.#ends.set(job.id, () => operations.forEach((op) => op.confirm()));
    // From now on it is the last thing done, whatever is done while it runs.
    if (job.undo !== null) undo.began(job.undo, operations);
    this.follow(job);
  }

  follow(job: BulkJob): void {
    this.listen();
    this.jobs = [job, ...this.jobs.filter((j) => j.id !== job.id)].slice(0, 20);
    if (job.state === 'running' || job.state === 'undoing') this.#told.delete(job.id);
    else if (!this.#told.has(job.id)) {
      this.#told.add(job.id);
      this.#ends.get(job.id)?.();
      this.#ends.delete(job.id);
      this.#tell(job);
    }
  }

  #tell(job: BulkJob): void {
    if (job.state === 'undone') return;
    const token = job.undo;
    const text = job.state === 'failed' ? t('bulk.failed', { reason: fromCore(job.error ?? '') }) : job.state === 'cancelled' ? t('bulk.cancelled', { words: fromCore(job.words) }) : job.words;
    const kind = job.state === 'failed' ? 'error' : 'info';
    if (token === null) toasts.show({ text, kind, ms: TOLD_MS });
    else undo.offerToken(text, token, null, { kind, ms: TOLD_MS });
  }

  cancel(id: Id): void {
    call('bulk_cancel', { id }).then((job) => this.follow(job), (e: unknown) => toasts.error(e));
  }
}

export const bulk = new Bulk();
