// Who a conversation is with: the last one who wrote first, then the others who wrote, then those it was only sent to; oneself left out.
import type { AddressDto, MessageDto } from '../../ipc/bindings';

export interface Who extends AddressDto {
  /** The latest mail from them here: for what is asked about a sender. */
  message: MessageDto | null;
}

export function whoIsThere(messages: readonly MessageDto[], mine: readonly string[]): Who[] {
  const own = new Set(mine.map((email) => email.toLowerCase()));
  const found = new Map<string, Who>();
  const add = (person: AddressDto, message: MessageDto | null) => {
    const key = person.email.toLowerCase();
    if (key === '' || own.has(key)) return;
    const known = found.get(key);
    if (!known) found.set(key, { ...person, message });
    else if (known.name === '' && person.name !== '') found.set(key, { ...known, name: person.name });
  };
  const sent = messages.filter((m) => !m.draft);
  for (const message of [...sent].reverse()) add(message.from, message);
  for (const message of [...sent].reverse()) for (const person of [...message.to, ...message.cc]) add(person, null);
  return [...found.values()];
}
