// Where a week begins: as the person says, else as the region does.
interface WeekInfo { firstDay: number }
interface Region { getWeekInfo?: () => WeekInfo; weekInfo?: WeekInfo }
/** Regions that begin on Sunday, for engines that can't tell (WebKitGTK before 2.40, Firefox). */
const SUNDAY = /-(?:US|CA|MX|BR|JP|KR|TW|HK|IL|IN|ZA|AU|PH|CO|PE|VE|TH|ID|PK)\b/;

/** 0 (Sunday) … 6. */
export function firstDay(own: number | null, locale: string): number {
  if (own !== null && own >= 0 && own < 7) return own;
  try {
    const region = new Intl.Locale(locale) as Region;
    const info = region.getWeekInfo?.() ?? region.weekInfo;
    if (info) return info.firstDay % 7;
  } catch {
    // An unknown locale has no region either.
  }
  return SUNDAY.test(locale) || locale === 'en' ? 0 : 1;
}

/** Six weeks that hold the month of `at`, beginning on `first`. */
export function monthGrid(at: Date, first: number): Date[][] {
  const start = new Date(at.getFullYear(), at.getMonth(), 1);
  const back = (start.getDay() - first + 7) % 7;
  return Array.from({ length: 6 }, (_, w) => Array.from({ length: 7 }, (_, d) => new Date(at.getFullYear(), at.getMonth(), 1 - back + w * 7 + d)));
}
export const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString();
