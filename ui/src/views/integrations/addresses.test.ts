import { describe, expect, it } from 'vitest';
import { davProblem, davUrl, feedUrl, jmapProblem, presetOf } from './addresses';

describe('the address of a server', () => {
  it('is known of some providers, whatever was typed before', () => {
    expect(davUrl('icloud', 'cloud.example.org')).toBe('https://caldav.icloud.com');
    expect(davUrl('fastmail', '')).toBe('https://caldav.fastmail.com');
  });
  it.each([
    ['cloud.example.org', 'https://cloud.example.org/remote.php/dav'],
    [' https://cloud.example.org/ ', 'https://cloud.example.org/remote.php/dav'],
    ['https://example.org/nextcloud', 'https://example.org/nextcloud/remote.php/dav'],
    ['https://cloud.example.org/apps/calendar/dayGridMonth/now', 'https://cloud.example.org/remote.php/dav'],
    ['https://example.org/nc/index.php/apps/files/', 'https://example.org/nc/remote.php/dav'],
    ['cloud.example.org:8443', 'https://cloud.example.org:8443/remote.php/dav'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/remote.php/dav'],
    ['https://cloud.example.org/remote.php/dav/principals/users/mara/', 'https://cloud.example.org/remote.php/dav/principals/users/mara/'],
  ])('of a Nextcloud: %s', (typed, asked) => expect(davUrl('nextcloud', typed)).toBe(asked));
  it('is otherwise asked as it was typed', () => {
    expect(davUrl('other', ' dav.example.org ')).toBe('dav.example.org');
    expect(davUrl('other', '')).toBe('');
  });
  it('tells what is wrong with it', () => {
    expect(davProblem('icloud', '', '')).toBeNull();
    expect(davProblem('nextcloud', '', 'mara@example.org')).toBe('needed');
    expect(davProblem('other', '', 'mara')).toBe('needed');
    expect(davProblem('other', '', ' mara@example.org ')).toBeNull();
    expect(davProblem('other', 'dav.example.org', '')).toBeNull();
    expect(davProblem('other', 'ftp://dav.example.org', '')).toBe('bad');
    expect(davProblem('other', 'not a server', '')).toBe('bad');
    expect(davProblem('other', 'https://mara:secret@dav.example.org', '')).toBe('password');
    expect(davProblem('other', 'mara@example.org', '')).toBe('password');
  });
  it('tells the provider', () => {
    expect(presetOf('https://caldav.icloud.com')).toBe('icloud');
    expect(presetOf('https://p42-caldav.icloud.com:443/1234/calendars/')).toBe('icloud');
    expect(presetOf('https://caldav.icloud.com.evil.example')).toBe('other');
    expect(presetOf('https://caldav.fastmail.com/dav/')).toBe('fastmail');
    expect(presetOf('https://example.org/nc/remote.php/dav')).toBe('nextcloud');
    expect(presetOf('dav.example.org')).toBe('other');
    expect(presetOf('')).toBe('other');
  });
});

describe('the address of a subscription', () => {
  it.each(['https://feeds.example/a.ics?key=B%2Fc', 'webcal://feeds.example/a.ics', 'WEBCALS://feeds.example/a', 'http://nas/a.ics', 'https://192.168.1.20/a.ics'])('%s stays as it is', (typed) => expect(feedUrl(` ${typed} `)).toBe(typed));
  it('may be without its beginning', () => expect(feedUrl('feeds.example:8443/a.ics')).toBe('https://feeds.example:8443/a.ics'));
  it.each(['', 'calendar', 'ftp://feeds.example/a.ics', 'file:///etc/passwd', 'https://', 'javascript:alert(1)', 'https://a b/c'])('is not “%s”', (typed) => expect(feedUrl(typed)).toBeNull());
});

describe('a JMAP server', () => {
  it('is named by its address, its name or the person\'s own address', () => {
    for (const typed of ['fastmail.com', 'https://mail.example.org/jmap', 'mara@fastmail.com', ' me@example.org ']) expect(jmapProblem(typed, ''), typed).toBeNull();
    expect(jmapProblem('', '')).toBe('needed');
    expect(jmapProblem('', 'mara@example.org')).toBeNull();
    expect(jmapProblem('ftp://mail.example.org', '')).toBe('bad');
    expect(jmapProblem('https://me:secret@mail.example.org', '')).toBe('password');
  });
});
