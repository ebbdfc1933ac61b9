// What the rule of a tab says, and which of the suggested ones are still to be had.
import { t } from '../../i18n';
import type { SplitDto, SplitRule, SplitSuggestion } from '../../ipc/bindings';

/** Empty for "Other", which has no rule. */
export function ruleWords(rule: SplitRule | null): string {
  switch (rule?.type) {
    case 'people': return t('splits.people');
    case 'news': return t('splits.news');
    case 'calendar': return t('splits.calendar');
    case 'query': return rule.query;
    default: return '';
  }
}

/** Of each kind there is one; searches there may be many. */
export const unused = (suggestions: readonly SplitSuggestion[], own: readonly SplitDto[]): SplitSuggestion[] =>
  suggestions.filter((s) => s.rule.type === 'query' || !own.some((o) => o.rule?.type === s.rule.type));
