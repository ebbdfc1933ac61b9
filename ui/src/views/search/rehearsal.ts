// The parts of the search page that its first frame shows.
import { rehearse } from '../../app/views';
import SearchBox from './SearchBox.svelte';
import SearchHelp from './SearchHelp.svelte';

const nothing = (): void => undefined;

export function rehearseSearch(): void {
  rehearse(SearchBox, { text: '', onchange: nothing, onenter: nothing, invalid: false, begin: false });
  rehearse(SearchHelp, { onpick: nothing });
}
