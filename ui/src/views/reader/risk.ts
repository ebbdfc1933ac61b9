import { t } from '../../i18n';

/** Why a file needs a second look; none for ordinary ones. A risk this version does not know is treated as the worst. */
export function riskWords(risk: string): string | null {
  switch (risk) {
    case 'none': case '': return null;
    case 'macro': return t('files.macro');
    case 'html': return t('files.html');
    case 'archive': return t('files.archive');
    case 'locked': return t('files.locked');
    default: return t('files.executable');
  }
}
