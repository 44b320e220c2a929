// Names after an `@` in the box: mention.js is loaded with the first.
import {offer} from './complete.js';
import {load} from './demand.js';
import {pageOf} from './extras.js';
import {find} from './page.js';

export function start({me}) {
  const box = find('#text');
  const typed = async () => {
    if (!box.value.includes('@')) return;
    box.removeEventListener('input', typed);
    (await load('mention')).start({...pageOf(), offer});
    box.dispatchEvent(new Event('input'));
  };
  if (me) box.addEventListener('input', typed);
}
