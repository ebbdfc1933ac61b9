// Dates of the reader and the composer, beside those of the whole window.
import { locale } from '../../i18n';

export { clock as clockTime, fullTime, messageTime } from '../../i18n/dates';

const soon = (): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale(), { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });

/** For a time ahead: "Fri, 20 Mar, 08:00". */
export const aheadTime = (at: number): string => soon().format(new Date(at));
