// Choices that are offered in the settings and on the way in.
import { t } from '../../i18n';

interface Choice { value: string; label: string }

export const themeChoices = (): Choice[] => (['system', 'light', 'dark'] as const).map((value) => ({ value, label: t(`settings.theme.${value}`) }));
export const notifyChoices = (): Choice[] => (['all', 'important', 'none'] as const).map((value) => ({ value, label: t(`set.notify.${value}`) }));
/** Languages call themselves by their own names. */
export const languageChoices = (): Choice[] => [{ value: 'system', label: t('set.languageSystem') }, { value: 'en', label: 'English' }, { value: 'de', label: 'Deutsch' }];
