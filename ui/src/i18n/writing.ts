// Imported by everything that says words of this catalogue; a test holds that.
import { also } from './index';
import { writing } from './messages/en/writing';

also(writing);
