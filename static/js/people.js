// Marks the reader in the list of people, which the server sends to all readers alike.
import {find} from './page.js';

export function start({me}) {
  const mark = () => {
    const people = find('#people').querySelectorAll('li');
    for (const person of people) person.classList.toggle('you', person.dataset.member === me);
  };
  new MutationObserver(mark).observe(find('#side'), {childList: true});
  mark();
}
