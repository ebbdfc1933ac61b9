// The steps after the first account, and what is left of them. What was done or put aside is kept with the settings, so that it
// can be gone on with after a restart.
import type { Settings } from '../../ipc/bindings';

export const STEPS = ['account', 'splits', 'notify', 'keys'] as const;
export type Step = (typeof STEPS)[number];

/** The first step is done by what is there, the others by what was said. */
export const isDone = (step: Step, settings: Settings, accounts: number): boolean => (step === 'account' ? accounts > 0 : settings.startDone.includes(step));
export const left = (settings: Settings, accounts: number): Step[] => STEPS.filter((step) => !isDone(step, settings, accounts));
/** The settings after a step. */
export const after = (step: Step, settings: Settings): Pick<Settings, 'startDone'> => ({ startDone: [...settings.startDone.filter((s) => s !== step), step] });
