// The list of people, which the server sends to all readers alike: marks the reader, and filters a long one by name.
import {find} from './page.js';
const MANY = 8; // so many are seen at one glance
const box = find('#filter');

export function start({me}) {
  const show = () => {
    const people = [...find('#people').querySelectorAll('li')], wanted = box.value.trim().toLocaleLowerCase();
    box.hidden = people.length <= MANY;
    for (const person of people) {
      person.classList.toggle('you', person.dataset.member === me);
      person.hidden = !box.hidden && !person.textContent.toLocaleLowerCase().includes(wanted);
    }
    find('#none').hidden = people.some(person => !person.hidden);
  };
  new MutationObserver(show).observe(find('#side'), {childList: true});
  box.addEventListener('input', show);
  show();
}
