// Accounts that hold tasks, and the lists that lie in them.
import { gathered } from '../../data/still';
import type { TaskListDto } from '../../ipc/bindings';
import { call, onEvent } from '../../ipc/transport';
import { toasts } from '../../data/toasts.svelte';

const SOON_MS = 800;

class TaskLists {
  items = $state.raw<TaskListDto[] | null>(null);

  async read(): Promise<void> {
    try {
      this.items = await call('task_lists');
    } catch {
      // A card without a number says nothing wrong; how the account is stands beside it.
    }
  }

  /** As long as accounts are looked at: a first sync finds lists. */
  watch(): () => void {
    const soon = gathered(SOON_MS, () => void this.read());
    void this.read();
    const stop = onEvent((event) => {
      if (event.type === 'connections' || event.type === 'status' || (event.type === 'changed' && event.entity === 'task')) soon.ask();
    });
    return () => {
      stop();
      soon.stop();
    };
  }

  /** null: not known yet. */
  of(connection: string): TaskListDto[] | null {
    return this.items?.filter((l) => l.connection === connection) ?? null;
  }

  async show(list: TaskListDto, shown: boolean): Promise<void> {
    const before = this.items;
    this.items = before?.map((l) => (l.id === list.id ? { ...l, shown } : l)) ?? null;
    try {
      this.items = await call('task_list_change', { id: list.id, shown });
    } catch (error) {
      this.items = before;
      toasts.error(error);
    }
  }
}
export const taskLists = new TaskLists();
