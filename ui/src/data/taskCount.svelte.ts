// How much is due today, for the rail. The screen of the tasks knows more and tells it here; without that screen it is asked for.
import { call, onEvent } from '../ipc/transport';
import type { TaskCountsDto } from '../ipc/bindings';
import { gathered } from './still';

const SOON_MS = 700;
const HOUR = 3_600_000;

class TaskCount {
  counts = $state.raw<TaskCountsDto | null>(null);

  async #read(): Promise<void> {
    try {
      this.counts = (await call('tasks', { view: { type: 'today' }, after: null, limit: 1 })).counts;
    } catch {
      // A place without a number says nothing wrong; the screen itself tells what is the matter.
    }
  }

  /** Returns the way to stop. */
  watch(): () => void {
    const soon = gathered(SOON_MS, () => void this.#read());
    soon.ask();
    // What is due today changes with the day as well.
    const hourly = setInterval(() => soon.ask(), HOUR / 4);
    const stop = onEvent((event) => {
      if (event.type === 'connections' || (event.type === 'changed' && event.entity === 'task')) soon.ask();
    });
    return () => {
      stop();
      soon.stop();
      clearInterval(hourly);
    };
  }
}
export const taskCount = new TaskCount();
