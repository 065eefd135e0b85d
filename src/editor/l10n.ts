export { l10n, useTranslations } from '../format/l10n.js';
