import { CoreSpeech } from './speech';
import { codes } from './codes';
import { sentences } from './sentences';

export const german = new CoreSpeech({ codes, sentences }, 'de');
