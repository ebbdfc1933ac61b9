import { app } from './en/app';
import { mail } from './en/mail';
import { accounts } from './en/accounts';
import { reading } from './en/reading';

/** One file per area, so that areas can be translated (and edited) apart. */
export const en = { ...app, ...mail, ...accounts, ...reading } as const;
