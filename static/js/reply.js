// Replying: what the text in the box is to answer stands above it, until it is sent or dropped.
import {tell} from './copy.js';
import {keep} from './drafts.js';
import {find, seqOf} from './page.js';
import {words} from './quote.js';
const form = find('#composer'), piece = find('#replying');

// What the text in the box answers, {to, name}; null if nothing.
export function replying() {
  const to = piece.querySelector('input')?.value;
  return to ? {to: Number(to), name: piece.querySelector('bdi').textContent} : null;
}

export function drop() {
  piece.replaceChildren();
  keep({reply: null});
  if (location.search.includes('reply=')) history.replaceState(null, '', location.pathname); // or it comes back
}

function show(to, name, said) {
  piece.replaceChildren(find('#reply-to').content.cloneNode(true));
  piece.querySelector('input').value = piece.querySelector('.answers').dataset.to = to;
  [name, said].forEach((text, index) => { piece.querySelectorAll('bdi')[index].textContent = text; });
}

// Puts it above the box. A message that is not on the page is asked for: it may be removed by now.
export async function answer({to, name}) {
  const line = find(`#m-${to}`);
  show(to, line?.querySelector('.who bdi')?.textContent ?? name, line?.querySelector('.text') ? words(line) : '');
  keep({reply: replying()});
  if (line?.matches('[data-kind="message"]')) return;
  const answered = await fetch(`${form.action}/${to}/reply`, {headers: {'HX-Request': 'true'}}).catch(() => null);
  const shown = answered?.ok ? await answered.text() : '';
  if (replying()?.to !== to) return;
  if (shown) piece.innerHTML = shown;
  if (answered?.status === 404) drop();
}

function chosen({target}) {
  answer({to: seqOf(target)});
  form.elements.text.focus();
}

function press(event) {
  if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing || !replying()) return;
  event.preventDefault();
  drop();
}

export function start() {
  document.addEventListener('menu:reply', chosen);
  form.elements.text.addEventListener('keydown', press);
  piece.addEventListener('click', event => {
    if (!event.target.closest('.drop')) return;
    event.preventDefault();
    drop();
    form.elements.text.focus();
  });
  piece.addEventListener('gone', event => {
    event.preventDefault();
    drop();
    tell('The message that you reply to was removed.');
  });
}
