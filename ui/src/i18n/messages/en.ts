import { app } from './en/app';
import { mail } from './en/mail';
import { desk } from './en/desk';
import { reading } from './en/reading';
import { triage } from './en/triage';

/** What the first screen needs. One file per area, so that areas can be translated (and edited) apart. */
export const en = { ...app, ...mail, ...reading, ...desk, ...triage } as const;
