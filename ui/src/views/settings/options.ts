// Every option once: where it is, what it is called, which settings it resets, and other words it is found by. The view draws from
// this table and the palette searches it, so neither can name what the other lacks.
import type { MessageKey } from '../../i18n';
import type { Settings } from '../../ipc/bindings';

export const SECTIONS = ['general', 'appearance', 'accounts', 'mail', 'notifications', 'texts', 'shortcuts', 'privacy', 'about'] as const;
export type Section = (typeof SECTIONS)[number];
export const isSection = (name: string | null): name is Section => SECTIONS.some((s) => s === name);

export interface Option {
  id: string;
  section: Section;
  label: MessageKey;
  hint?: MessageKey;
  /** English and German, for the search only. */
  words: string;
  settings: readonly (keyof Settings)[];
}

export const OPTIONS: readonly Option[] = [
  { id: 'language', section: 'general', label: 'set.language', hint: 'set.languageHint', words: 'locale english german sprache deutsch englisch', settings: ['language'] },
  { id: 'workHours', section: 'general', label: 'set.workHours', hint: 'set.workHoursHint', words: 'calendar meeting find a time office days monday friday kalender arbeit besprechung termin zeit finden büro tage', settings: ['workDays', 'workHours'] },
  { id: 'keepRunning', section: 'general', label: 'set.keepRunning', hint: 'set.keepRunningHint', words: 'tray background close quit hide leiste hintergrund schließen beenden', settings: ['keepRunning'] },
  { id: 'start', section: 'general', label: 'start.title', hint: 'set.startHint', words: 'onboarding tour help practise einführung rundgang hilfe üben', settings: [] },
  { id: 'theme', section: 'appearance', label: 'settings.theme', words: 'dark light night mode dunkel hell nacht', settings: ['theme'] },
  { id: 'density', section: 'appearance', label: 'settings.density', words: 'compact rows spacing kompakt zeilen abstand', settings: ['density'] },
  { id: 'fontScale', section: 'appearance', label: 'set.textSize', words: 'font zoom bigger larger schrift größe größer', settings: ['fontScale'] },
  { id: 'contrast', section: 'appearance', label: 'set.contrast', hint: 'set.contrastHint', words: 'accessibility lines borders kontrast barrierefrei', settings: ['contrast'] },
  { id: 'motion', section: 'appearance', label: 'set.motion', words: 'animation reduced bewegung animationen', settings: ['reducedMotion'] },
  { id: 'font', section: 'appearance', label: 'settings.font', words: 'typeface inter schriftart', settings: ['systemFont'] },
  { id: 'darkMail', section: 'appearance', label: 'set.darkMail', hint: 'set.darkMailHint', words: 'dark invert night background dunkel nacht hintergrund', settings: ['darkMail'] },
  { id: 'weekStart', section: 'appearance', label: 'set.weekStart', words: 'calendar monday sunday first day kalender montag sonntag wochenanfang', settings: ['weekStart'] },
  { id: 'accounts', section: 'accounts', label: 'set.yourAccounts', words: 'connect google imap disconnect add verbinden konto hinzufügen', settings: [] },
  { id: 'undoSend', section: 'mail', label: 'settings.undoSend', hint: 'set.undoSendHint', words: 'undo recall delay zurückholen senden verzögern', settings: ['undoSeconds'] },
  { id: 'afterArchive', section: 'mail', label: 'set.afterArchive', words: 'auto advance next previous list older newer nächste weiter liste', settings: ['afterArchive'] },
  { id: 'remoteImages', section: 'mail', label: 'set.remoteImages', hint: 'set.remoteImagesHint', words: 'pictures trackers privacy load external bilder laden datenschutz', settings: ['remoteImages'] },
  { id: 'plainText', section: 'mail', label: 'set.plainText', hint: 'set.plainTextHint', words: 'html format styled reintext nur text', settings: ['plainText'] },
  { id: 'laterMorning', section: 'mail', label: 'set.laterMorning', hint: 'set.laterTimesHint', words: 'snooze send later tomorrow time remind zurückstellen später senden uhrzeit früh', settings: ['laterMorning'] },
  { id: 'laterEvening', section: 'mail', label: 'set.laterEvening', hint: 'set.laterTimesHint', words: 'snooze send later tonight time remind zurückstellen später senden uhrzeit', settings: ['laterEvening'] },
  { id: 'laterHours', section: 'mail', label: 'set.laterHours', words: 'snooze send later today hours remind zurückstellen später stunden', settings: ['laterHours'] },
  { id: 'signatures', section: 'mail', label: 'set.signatures', hint: 'set.signaturesHint', words: 'footer name sign off unterschrift fußzeile grußformel', settings: [] },
  { id: 'notify', section: 'notifications', label: 'set.notify', hint: 'set.notifyHint', words: 'alert new mail desktop benachrichtigung neue mail hinweis', settings: ['notify'] },
  { id: 'notifyContent', section: 'notifications', label: 'set.notifyContent', hint: 'set.notifyContentHint', words: 'privacy lock screen preview sender subject vorschau absender betreff sperrbildschirm', settings: ['notifyContent'] },
  { id: 'notifyPause', section: 'notifications', label: 'set.notifyPause', hint: 'set.notifyPauseHint', words: 'do not disturb pause mute snooze nicht stören stumm anhalten', settings: ['notifyPausedUntil'] },
  { id: 'quietHours', section: 'notifications', label: 'set.quiet', hint: 'set.quietHint', words: 'do not disturb night silence nicht stören ruhe nacht', settings: ['quietHours'] },
  { id: 'texts', section: 'texts', label: 'set.texts', hint: 'set.textsHint', words: 'canned response reply phrase template snippet vorlage baustein floskel textbaustein', settings: [] },
  { id: 'preset', section: 'shortcuts', label: 'set.preset', words: 'gmail superhuman keyboard tastatur', settings: ['keyPreset'] },
  { id: 'singleKeys', section: 'shortcuts', label: 'settings.singleKeys', hint: 'settings.singleKeysHint', words: 'speech accessibility sprachsteuerung', settings: ['singleKeys'] },
  { id: 'keys', section: 'shortcuts', label: 'set.keys', hint: 'set.keysHint', words: 'remap rebind conflict hotkeys belegen konflikt tasten', settings: ['keyRemaps'] },
  { id: 'thirdParty', section: 'privacy', label: 'settings.thirdParty', hint: 'settings.thirdPartyHint', words: 'ispdb autoconfig lookup verzeichnis', settings: ['thirdPartyLookup'] },
  { id: 'blocked', section: 'privacy', label: 'set.blocked', words: 'unblock sender spam list blockiert sperren absender', settings: [] },
  { id: 'vault', section: 'privacy', label: 'set.key', hint: 'set.keyHint', words: 'passphrase password encryption keyring rekey rotate security passwort verschlüsselung schlüssel schlüsselbund', settings: [] },
  { id: 'wipe', section: 'privacy', label: 'set.wipe', hint: 'set.wipeHint', words: 'delete wipe remove uninstall data reset factory löschen entfernen deinstallieren daten', settings: [] },
  { id: 'version', section: 'about', label: 'set.version', words: 'update release aktualisierung', settings: [] },
  { id: 'export', section: 'about', label: 'set.export', hint: 'set.exportHint', words: 'save backup download file sichern ausgeben datei', settings: [] },
  { id: 'import', section: 'about', label: 'set.import', hint: 'set.importHint', words: 'load restore file move device laden einlesen datei übernehmen gerät', settings: [] },
  { id: 'resetAll', section: 'about', label: 'set.resetAll', hint: 'set.resetAllHint', words: 'defaults factory standard zurücksetzen', settings: [] },
];
