// Whether something is overdue, by the clock on the wall, which goes on after the core has said when it is due. Pure.
import { isClosed } from '../../data/taskOrder';
import type { TaskRow } from '../../ipc/bindings';
import type { When } from './quick';

/** `wall`: what the person's clock shows. */
export const isLate = (due: When, wall: string): boolean => (due.time === null ? due.day < wall.slice(0, 10) : `${due.day}T${due.time}` < wall);

/** What is closed is not late any more. */
export const isOverdue = (row: Pick<TaskRow, 'due' | 'status'>, wall: string): boolean => row.due !== null && !isClosed(row) && isLate(row.due, wall);
