// Imported by the views whose words are not in the first bundle.
import { also } from './index';
import { late } from './messages/late';

also(late);
