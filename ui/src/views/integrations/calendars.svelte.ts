// Accounts that hold calendars and no mail, and what lies in them.
import { gathered } from '../../data/still';
import type { CalendarDto, ConnectionDto } from '../../ipc/bindings';
import { call, onEvent } from '../../ipc/transport';

const SOON_MS = 800;

/** Integrations of calendars alone. They have no address, no folders, and nothing is sent from them. */
export const holdsCalendars = (integration: string): boolean => integration === 'caldav' || integration === 'ics';

/** What an account is called; a subscription may have neither name nor address and is known by its server. */
export const nameOf = (connection: ConnectionDto): string => connection.label || connection.email || connection.detail;

class Calendars {
  items = $state.raw<CalendarDto[] | null>(null);

  async read(): Promise<void> {
    try {
      this.items = await call('calendars');
    } catch {
      // A card without a number says nothing wrong; how the account is stands beside it.
    }
  }

  /** As long as accounts are looked at: a first sync finds calendars, and so does a server where one was made. */
  watch(): () => void {
    const soon = gathered(SOON_MS, () => void this.read());
    void this.read();
    const stop = onEvent((event) => {
      if (event.type === 'connections' || event.type === 'status') soon.ask();
    });
    return () => {
      stop();
      soon.stop();
    };
  }

  /** null: not known yet. */
  of(connection: string): CalendarDto[] | null {
    return this.items?.filter((c) => c.connection === connection) ?? null;
  }
}
export const calendars = new Calendars();
