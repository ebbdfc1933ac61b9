// Other words people use for a command. They are only searched, never shown, so they need no placeholders and no parity of number.
import type { CommandId } from '../keymap';

type Entry = Partial<Record<CommandId, string>>;

const en: Entry = {
  'app.search': 'find look', 'app.compose': 'write mail email create', 'app.undo': 'take back revert', 'app.shortcuts': 'keys help cheat sheet hotkeys',
  'app.settings': 'preferences options configuration', 'app.theme': 'dark mode night appearance colour', 'app.rail': 'sidebar menu collapse', 'app.nextPane': 'focus area', 'app.prevPane': 'focus area',
  'app.allAccounts': 'unified everything', 'go.inbox': 'home', 'go.starred': 'flagged favourites important', 'go.snoozed': 'later postponed', 'go.sent': 'outgoing', 'go.drafts': 'unfinished', 'go.files': 'attachments documents pictures downloads',
  'go.archive': 'done', 'go.all': 'everything', 'go.outbox': 'queue pending waiting', 'go.integrations': 'accounts connect google imap', 'go.activity': 'log audit history', 'go.start': 'onboarding tour help welcome checklist practise learn',
  'list.select': 'mark tick check', 'list.selectAll': 'mark everything', 'list.selectNone': 'clear deselect', 'list.unreadOnly': 'filter new', 'list.first': 'top', 'list.last': 'bottom',
  'triage.archive': 'done e remove from inbox', 'triage.trash': 'delete remove trash', 'triage.spam': 'junk report', 'triage.star': 'flag favourite pin important', 'triage.read': 'seen',
  'triage.unread': 'unseen new', 'triage.toggleRead': 'seen unseen', 'triage.inbox': 'unarchive undone restore', 'triage.snooze': 'later remind postpone hide until', 'triage.remind': 'follow up nudge',
  'triage.mute': 'ignore silence', 'triage.move': 'folder file put', 'triage.label': 'tag category', 'triage.archiveNewer': 'done previous', 'triage.archiveOlder': 'done next',
  'thread.reply': 'answer respond', 'thread.replyAll': 'answer everyone', 'thread.forward': 'pass on fwd', 'thread.images': 'pictures', 'thread.source': 'headers raw eml code',
  'thread.unsubscribe': 'newsletter stop list', 'thread.print': 'paper pdf', 'thread.expandAll': 'open unfold', 'composer.send': 'deliver', 'composer.sendLater': 'schedule', 'composer.insertText': 'canned response reply template phrase', 'composer.attach': 'file upload',
  'composer.discard': 'delete throw away', 'composer.close': 'save minimise', 'composer.cc': 'copy', 'composer.bcc': 'blind copy',
  'go.tasks': 'to do todo reminders todoist', 'app.newTask': 'to do todo add create reminder', 'tasks.new': 'to do todo add create reminder', 'tasks.done': 'complete check finish reopen', 'tasks.due': 'date deadline schedule when', 'tasks.today': 'date schedule', 'tasks.move': 'project list', 'tasks.delete': 'remove',
  'tasks.edit': 'rename change', 'tasks.subtask': 'step checklist', 'tasks.p1': 'p1 priority', 'tasks.p2': 'p2', 'tasks.p3': 'p3', 'tasks.p4': 'p4', 'tasks.overdue': 'reschedule late', 'triage.task': 'to do todo follow up',
  'go.calendar': 'events appointments schedule meetings', 'calendar.new': 'appointment meeting create', 'calendar.quick': 'natural language appointment', 'calendar.agenda': 'list schedule', 'calendar.today': 'now', 'calendar.zone': 'timezone world clock',
  'calendar.delete': 'remove cancel', 'calendar.edit': 'change', 'calendar.earlier': 'move', 'calendar.later': 'move', 'calendar.dayOn': 'move tomorrow', 'calendar.dayBack': 'move yesterday', 'calendar.longer': 'extend', 'calendar.shorter': 'shrink',
};

const de: Entry = {
  'app.search': 'finden nachschlagen', 'app.compose': 'schreiben verfassen mail', 'app.undo': 'zurücknehmen widerrufen', 'app.shortcuts': 'tasten hilfe tastatur', 'app.settings': 'optionen konfiguration',
  'app.theme': 'dunkel nacht darstellung farbe', 'app.rail': 'leiste menü einklappen', 'app.nextPane': 'fokus', 'app.prevPane': 'fokus', 'app.allAccounts': 'gemeinsam alles', 'go.inbox': 'start eingang',
  'go.starred': 'wichtig favoriten', 'go.snoozed': 'später zurückgestellt', 'go.sent': 'ausgang', 'go.drafts': 'unfertig', 'go.archive': 'erledigt', 'go.all': 'alles', 'go.outbox': 'warteschlange', 'go.integrations': 'konten verbinden',
  'go.activity': 'protokoll verlauf', 'go.start': 'einführung rundgang hilfe willkommen üben lernen', 'list.select': 'markieren ankreuzen', 'list.selectAll': 'alles markieren', 'list.selectNone': 'abwählen', 'list.unreadOnly': 'filter neue', 'list.first': 'anfang', 'list.last': 'ende',
  'triage.archive': 'erledigt ablegen', 'triage.trash': 'löschen entfernen papierkorb', 'triage.spam': 'müll junk melden', 'triage.star': 'wichtig markieren favorit', 'triage.read': 'gesehen', 'triage.unread': 'neu',
  'triage.toggleRead': 'gesehen neu', 'triage.inbox': 'zurückholen', 'triage.snooze': 'später erinnern verschieben', 'triage.remind': 'nachfassen', 'triage.mute': 'ignorieren ruhe', 'triage.move': 'ordner ablegen',
  'triage.label': 'etikett kategorie', 'triage.archiveNewer': 'erledigt vorige', 'triage.archiveOlder': 'erledigt nächste', 'thread.reply': 'erwidern', 'thread.replyAll': 'an alle', 'thread.forward': 'weitergeben wg fwd',
  'thread.images': 'grafiken fotos', 'thread.source': 'kopfzeilen quelltext', 'thread.unsubscribe': 'newsletter abbestellen', 'thread.print': 'papier pdf', 'thread.expandAll': 'aufklappen', 'composer.send': 'abschicken',
  'composer.sendLater': 'planen zeitpunkt', 'composer.insertText': 'vorlage baustein phrase floskel antwort', 'composer.attach': 'datei', 'composer.discard': 'löschen wegwerfen', 'composer.close': 'speichern', 'composer.cc': 'kopie', 'composer.bcc': 'blindkopie',
  'go.tasks': 'todo erledigen aufgabenliste', 'app.newTask': 'todo anlegen erinnerung', 'tasks.new': 'todo anlegen erinnerung', 'tasks.done': 'abhaken fertig abschließen', 'tasks.due': 'datum termin frist', 'tasks.today': 'datum termin', 'tasks.move': 'projekt liste', 'tasks.delete': 'entfernen',
  'tasks.edit': 'umbenennen ändern', 'tasks.subtask': 'schritt checkliste', 'tasks.p1': 'p1 priorität', 'tasks.p2': 'p2', 'tasks.p3': 'p3', 'tasks.p4': 'p4', 'tasks.overdue': 'verschieben verspätet', 'triage.task': 'todo nachfassen',
  'go.calendar': 'termine', 'calendar.new': 'besprechung verabredung', 'calendar.quick': 'schnell', 'calendar.agenda': 'liste', 'calendar.zone': 'weltuhr', 'calendar.delete': 'entfernen absagen', 'calendar.edit': 'ändern', 'calendar.earlier': 'verschieben', 'calendar.later': 'verschieben',
  'calendar.dayOn': 'verschieben morgen', 'calendar.dayBack': 'verschieben gestern', 'calendar.longer': 'verlängern', 'calendar.shorter': 'kürzen',
};

/** In the language of the window, and in English: people learn one product's words and type them into the next. */
export const synonyms = (id: CommandId, tag: string): string => `${tag === 'de' ? (de[id] ?? '') : ''} ${en[id] ?? ''}`;
