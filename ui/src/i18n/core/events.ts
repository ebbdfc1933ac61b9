// What the core says of video calls, of events that go to another calendar, and of steps of priority, in German: part of the sentences.
export const events: Readonly<Record<string, string>> = {
  "{calendar} can't make a video call.": '{calendar} kann keinen Videoanruf erstellen.',
  'Paste the address of one, or choose a calendar of Google or Microsoft.': 'Füge den Link zu einem ein, oder wähle einen Kalender von Google oder Microsoft.',
  'An event has one place to join at.': 'Ein Termin hat einen Link zum Teilnehmen.',
  'Give an address, or have a call made; not both.': 'Gib einen Link an oder lass einen Anruf erstellen, nicht beides.',
  'This event has a place to join at already.': 'Dieser Termin hat schon einen Link zum Teilnehmen.',
  'Take that away first.': 'Nimm den zuerst weg.',
  "Microsoft can't make a video call of this kind: paste the address of one instead.": 'Microsoft kann keinen solchen Videoanruf erstellen: Füge stattdessen den Link zu einem ein.',

  "One date of a series can't be in another calendar than its series.": 'Ein Termin einer Serie kann nicht in einem anderen Kalender liegen als seine Serie.',
  'Choose all dates, or make an event of its own for this one.': 'Wähle alle Termine, oder lege für diesen einen eigenen an.',
  'Only {who} can move it: it is in the calendar that they invited you by.': 'Nur {who} kann ihn verschieben: Er liegt in dem Kalender, über den du eingeladen bist.',
  'Answer the invitation, or make an event of your own.': 'Beantworte die Einladung, oder lege einen eigenen Termin an.',
  'Make an event of its own there.': 'Lege dort einen eigenen Termin an.',
  'Google keeps events of this kind (birthdays, focus time, out of office, working places) in one calendar.': 'Google lässt Termine dieser Art (Geburtstage, Fokuszeit, Abwesenheit, Arbeitsort) in ihrem Kalender.',
  'You are invited to single dates of this series, so it stays in the calendar that it is in.': 'Du bist zu einzelnen Terminen dieser Serie eingeladen, darum bleibt sie in ihrem Kalender.',
  "{list} can't hold this priority.": '{list} kennt diese Priorität nicht.',
  'It knows a low and a high one: choose one of them.': 'Es gibt dort eine niedrige und eine hohe: Wähle eine davon.',
  'This event is still being written.': 'Dieser Termin wird noch übertragen.',
  'Try again in a moment, or when you are online.': 'Versuch es gleich noch einmal, oder wenn du online bist.',
};
