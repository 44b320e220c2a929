// People whom the reader has hidden: their lines fold to one word, and do not count. `hidden k3f9` lists [id, name].
import {withStorage} from './drafts.js';
import {tell} from './copy.js';
const name = epoch => `hidden ${epoch}`;

const read = epoch => new Map(withStorage(() => JSON.parse(localStorage.getItem(name(epoch)))) ?? []);
const epochOf = () => document.querySelector('[data-epoch]')?.dataset.epoch;
let hidden = read(epochOf());

function show() {
  for (const line of document.querySelectorAll('#log > [data-author]')) hush(line);
  for (const button of document.querySelectorAll('[data-hide]')) {
    button.textContent = hidden.has(button.dataset.hide) ? 'Show again' : 'Hide for me';
  }
}

export function hush(line) {
  line.classList.toggle('hushed', line.dataset.kind === 'message' && hidden.has(line.dataset.author));
}

function toggle(id, who) {
  const isHidden = hidden.delete(id);
  if (!isHidden) hidden.set(id, who);
  withStorage(() => localStorage.setItem(name(epochOf()), JSON.stringify([...hidden])));
  show();
  tell(isHidden ? `You see again what ${who} writes.` : `${who} is hidden for you. Nobody else is told.`);
}

export function start() {
  show();
  document.addEventListener('htmx:after:swap', show); // the card of a person
  document.addEventListener('click', ({target}) => {
    if (target.dataset?.hide) toggle(target.dataset.hide, target.dataset.name);
  });
  window.addEventListener('storage', ({key}) => {
    if (key !== name(epochOf())) return;
    hidden = read(epochOf());
    show();
  });
}
