/** Shell: navigation, status, settings, shortcuts, toasts. */
export const app = {
  'app.name': 'Aurelius',
} as const;
