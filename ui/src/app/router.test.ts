import { describe, expect, it } from 'vitest';
import { href, list, parse, tasksAt, type Route } from './router.svelte';

describe('addresses', () => {
  const routes: Route[] = [
    list(), list({ role: 'junk', account: 2, unread: true }), list({ role: 'trash', thread: 77 }), list({ mailbox: 12, thread: 5, account: 1 }),
    { view: 'drafts', account: null }, { view: 'outbox' }, { view: 'activity' }, { view: 'start' }, { view: 'settings', section: null }, { view: 'settings', section: 'appearance' }, { view: 'integrations', id: null, reconnect: null }, { view: 'integrations', id: 'google', reconnect: 'c 1' }, { view: 'integrations', id: 'notion', reconnect: null, tables: 'c 2' },
    { view: 'calendar', mode: null, day: null, event: null }, { view: 'calendar', mode: 'month', day: '2026-03-19', event: '12/2026-03-19' }, { view: 'calendar', mode: 'agenda', day: null, event: null },
    tasksAt(), tasksAt('upcoming', { task: 7 }), tasksAt('list', { list: 3 }), tasksAt('list', { list: 3, task: 12 }), tasksAt('done'),
    { view: 'search', query: 'from:ada "week & notes" ä', account: null, thread: null }, { view: 'search', query: 'x', account: 3, thread: 9 },
  ];
  it.each(routes.map((r) => [href(r), r] as const))('%s reads back', (address, route) => {
    expect(parse(address)).toEqual(route);
  });
  it('falls back to the inbox for what it does not know', () => {
    for (const bad of ['', '#', '#/', '#/nowhere', '#/mailbox/abc', '#/inbox/t/1e9', '#/%E0%A4%A', '#/constructor', '#/inbox/t/-3']) {
      const route = parse(bad);
      expect(route.view).toBe('list');
      expect(route).toMatchObject({ role: 'inbox', thread: null });
    }
  });
  it('shows today where the tasks are asked for and no more', () => {
    for (const address of ['#/tasks', '#/tasks/nowhere', '#/tasks/list', '#/tasks/list/x']) expect(parse(address)).toEqual(tasksAt());
  });
  it('keeps numbers that JavaScript cannot hold out of requests', () => {
    expect(parse('#/inbox/t/99999999999999999999')).toMatchObject({ thread: null });
  });
});
