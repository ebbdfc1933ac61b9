// The catalogue of the mock. Microsoft and the task tools stand here as the core's registry has them; a test compares.
import type { ApiError, ClientConfig, DisconnectRes, FeatureDto, IntegrationDto, ServerGuessDto } from '../bindings';

const feature = (id: string, label: string, without = ''): FeatureDto => ({ id, label, without, granted: true });
const tasks = (read: string, write: string): FeatureDto[] => [feature('tasks.read', read), feature('tasks.write', write)];

const OWN_TASKS: FeatureDto[] = [
  feature('tasks.read', 'See your task lists and tasks', 'No tasks of this account are shown here.'),
  feature('tasks.write', 'Make, change, tick off and delete your tasks', 'The task lists are read-only.'),
];

export const GOOGLE: FeatureDto[] = [
  feature('mail', 'Read, label, archive and delete your mail', 'There is no mail to show.'),
  feature('send', 'Send mail as you', 'You can read, but not answer.'),
  ...OWN_TASKS,
  feature('profile', 'See your name and address', 'The account has no name.'),
];
export const MICROSOFT: FeatureDto[] = [
  feature('identity', 'See your name and e-mail address', "Aurelius can't tell which account this is."),
  feature('offline', 'Stay signed in', 'You have to sign in again every hour.'),
  feature('mail.read', 'Read your mail and its folders', 'No mail of this account is shown here.'),
  feature('mail.modify', 'File, flag, mark as read, and move to the deleted items', 'The mail is read-only: folders, flags and read marks stay as they are at Microsoft.'),
  feature('mail.send', 'Send mail in your name', "Replies and new mail can't be sent from this account."),
  feature('mail.drafts', 'Keep your drafts at Microsoft too', 'Drafts stay on this machine.'),
  feature('calendar.read', 'See your calendars and events', 'No calendar of this account is shown here.'),
  feature('calendar.write', 'Make, change and delete your events, and answer invitations', 'The calendars are read-only.'),
  ...OWN_TASKS,
  feature('files', 'Save files to a folder of its own in your OneDrive', "Attachments can't be saved to this OneDrive."),
  feature('people.contacts', 'Suggest people from your address book', 'Only people from your mail are suggested.'),
  feature('people.others', 'Suggest people whom you work with', 'People whom only Microsoft connects with you are not suggested.'),
];
export const IMAP: FeatureDto[] = [
  feature('mail', 'Read all folders and change flags, folders and drafts', 'There is no mail to show.'),
  feature('send', 'Send mail through your provider’s server', 'You can read, but not answer.'),
];
export const JMAP: FeatureDto[] = [
  feature('mail.read', 'Read your folders, and file, flag and move mail in them'),
  feature('mail.send', 'Send mail as the addresses of the account'),
];
export const DAV: FeatureDto[] = [
  feature('calendar.read', 'Read your calendars and the events in them'),
  feature('calendar.write', 'Make, change and delete events in the calendars you may write to'),
  ...tasks('Read your task lists and the tasks in them', 'Make, change, tick off and delete tasks in the lists you may write to'),
];
export const FEED: FeatureDto[] = [feature('calendar.read', 'Read one published calendar, again from time to time')];

/** What is connected by a token. */
export const TOOLS: Readonly<Record<string, { label: string; description: string; features: FeatureDto[]; page: string }>> = {
  todoist: {
    label: 'Todoist', description: 'Your Todoist projects and tasks, by the API token of your account.', page: 'https://app.todoist.com/app/settings/integrations/developer',
    features: tasks('Read your projects and the tasks in them', 'Make, change, tick off and delete tasks'),
  },
  github: {
    label: 'GitHub', description: 'The issues that are assigned to you, by signing in or by a personal access token.', page: 'https://github.com/settings/personal-access-tokens',
    features: [feature('identity', 'See your name and e-mail address'), ...tasks('Read the issues that are assigned to you', 'Make, change, label, close and reopen issues where you may')],
  },
  linear: {
    label: 'Linear', description: 'The issues that are assigned to you, by signing in or by an API key of your account.', page: 'https://linear.app/settings/account/security',
    features: tasks('Read your teams and the issues that are assigned to you', 'Make, change, finish and delete issues'),
  },
  asana: {
    label: 'Asana', description: 'The tasks that are assigned to you in your workspaces, by a personal access token.', page: 'https://app.asana.com/0/my-apps',
    features: tasks('Read your projects and the tasks that are assigned to you', 'Make, change, finish, move and delete tasks'),
  },
  trello: {
    label: 'Trello', description: 'The cards that you are a member of, by an API key and a token of your account.', page: 'https://trello.com/power-ups/admin',
    features: tasks('Read your boards and the cards that are yours', 'Make, change, tick off, move and delete cards'),
  },
  jira: {
    label: 'Jira Cloud', description: 'The issues that are assigned to you at one site, by its name, your address and an API token.', page: 'https://id.atlassian.com/manage-profile/security/api-tokens',
    features: tasks('Read your projects and the issues that are assigned to you', 'Make, change, move along and delete issues where you may'),
  },
  notion: {
    label: 'Notion', description: 'Tables of tasks in Notion, by the token of an internal integration that you share them with.', page: 'https://www.notion.so/profile/integrations',
    features: tasks('Read the databases that you share with your integration, where they are tables of tasks', 'Make, change, tick off and trash pages in them'),
  },
};

/** Where a person may sign in instead of making a token. */
const SIGN_IN: Readonly<Record<string, string>> = { github: 'device', linear: 'browser' };
export const integrations = (): IntegrationDto[] => [
  { id: 'google', label: 'Google', description: 'Gmail, Google Calendar and Google Tasks: inbox, labels, search, drafts, sending, your events, and your tasks.', auth: 'oauth', features: GOOGLE, signIn: null, configured: true, hasClient: true, revocable: true, accountPage: 'https://myaccount.google.com/permissions' },
  { id: 'microsoft', label: 'Microsoft', description: 'Outlook.com and Microsoft 365: mail, calendars, Microsoft To Do, and saving files to OneDrive.', auth: 'oauth', features: MICROSOFT, signIn: null, configured: false, hasClient: false, revocable: false, accountPage: 'https://myaccount.microsoft.com' },
  { id: 'oidc', label: 'Organisation sign-in', description: 'IMAP and SMTP with your organisation’s single sign-on (OpenID Connect).', auth: 'oauth', features: IMAP, signIn: null, configured: false, hasClient: false, revocable: true, accountPage: null },
  { id: 'imap', label: 'IMAP and SMTP', description: 'Any mailbox with a password: your provider, your company, your own server.', auth: 'password', features: IMAP, signIn: null, configured: true, hasClient: false, revocable: false, accountPage: null },
  { id: 'jmap', label: 'JMAP', description: 'Mail at Fastmail, Stalwart, Cyrus or any server with JMAP, by user name and password or by a token of your own.', auth: 'password', features: JMAP, signIn: null, configured: true, hasClient: false, revocable: false, accountPage: null },
  { id: 'caldav', label: 'CalDAV', description: 'Calendars and task lists at any CalDAV server by user name and password: iCloud, Fastmail, Nextcloud, your own.', auth: 'password', features: DAV, signIn: null, configured: true, hasClient: false, revocable: false, accountPage: null },
  { id: 'ics', label: 'Calendar subscription', description: 'A calendar that somebody publishes as an .ics file: holidays, fixtures, a colleague\u2019s. Read-only.', auth: 'password', features: FEED, signIn: null, configured: true, hasClient: false, revocable: false, accountPage: null },
  ...Object.entries(TOOLS).map(([id, { label, description, features, page }]) => ({ id, label, description, auth: 'token', features, signIn: SIGN_IN[id] ?? null, configured: true, hasClient: false, revocable: false, accountPage: page })),
];

/** What a disconnect says of the access, as the core does where only the person can end it. */
export function farewell(id: string | undefined, withdrawable?: boolean): Omit<DisconnectRes, 'messagesRemoved'> {
  const row = integrations().find((i) => i.id === id);
  const page = row?.accountPage ?? '';
  if (id === 'google') return { words: 'Access was revoked at Google and everything of this account was erased from this device.', accountPage: page };
  if (id === 'microsoft') return { words: `Everything stored here is erased. Microsoft has no way for a program to withdraw its access: remove it on the account page. You can check it at ${page}.`, accountPage: page };
  if (row?.auth === 'token' && withdrawable === false) return { words: `Everything stored here is erased. ${row.label} has no way for a program to withdraw its access: remove it on the account page. You can check it at https://github.com/settings/applications.`, accountPage: 'https://github.com/settings/applications' };
  if (row?.auth === 'token' && withdrawable === true) return { words: `Access was withdrawn at ${row.label}, and everything stored here is erased.`, accountPage: page };
  if (row?.auth === 'token') return { words: `Everything stored here is erased. The token itself still works: only you can end it, at ${page}. Nothing at ${row.label} was touched.`, accountPage: page };
  return { words: id === 'ics' ? 'The address and its events were erased from this device.' : 'The password and everything of this account were erased from this device.', accountPage: null };
}

/** A sign-in that was not allowed. Google's stands for a provider that says so itself; the other is the core's. */
export const refusal = (id: string): ApiError => (id === 'google'
  ? { code: 'access_denied', message: 'You did not allow access at Google.', hint: 'Nothing was connected. You can try again.', retryAt: null }
  : { code: 'denied', message: 'the sign-in was refused: access was not granted', hint: 'Start the sign-in again and allow what you want to use.', retryAt: null });

/** Servers for an address. `contoso.example` is an organisation whose mail Microsoft takes in. */
export function guesses(email: string, thirdParties: boolean): ServerGuessDto[] {
  const domain = email.split('@')[1] ?? '';
  const guess = (origin: string, imap: string, [smtp, port, security]: [string, number, string], oauth: string | null = null): ServerGuessDto => ({
    origin, username: email, imap: { host: imap, port: 993, security: 'tls', pinned: null }, smtp: { host: smtp, port, security, pinned: null }, foreign: origin === 'mx', oauth,
  });
  if (domain.startsWith('gmail')) return [guess('known', 'imap.gmail.com', ['smtp.gmail.com', 465, 'tls'], 'google')];
  if (/^(?:outlook|hotmail|live|msn)\.com$|^contoso\./.test(domain)) return [guess(domain.startsWith('contoso') ? 'mx' : 'known', 'outlook.office365.com', ['smtp.office365.com', 587, 'starttls'], 'microsoft')];
  if (domain.startsWith('unknown') && !thirdParties) return [];
  return [guess(thirdParties ? 'ispdb' : 'autoconfig', `imap.${domain}`, [`smtp.${domain}`, 465, 'tls'])];
}

/** Nothing is configured; an organisation's answer comes back by the app link unless somebody chose otherwise. */
export const noClient = (integration: string): ClientConfig => ({
  integration, clientId: '', clientSecret: null, hasSecret: false, issuer: '', redirect: integration === 'oidc' ? 'scheme' : 'loopback', scopes: '',
  authorizeUrl: '', deviceUrl: '', tokenUrl: '', revokeUrl: '', userinfoUrl: '', gmailUrl: '', calendarUrl: '', tasksUrl: '', driveUrl: '', peopleUrl: '', graphUrl: '', overridden: [],
});
