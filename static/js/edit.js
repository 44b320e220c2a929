// Editing one's own message in a dialog, whose form the server renders. Arrow up in an empty box edits the last one.
import {find} from './page.js';
const dialog = find('#edit');

async function edit({target: line}) {
  await htmx.ajax('GET', `${line.querySelector('.when').href}/edit`, {target: '#edit', swap: 'innerHTML'});
  if (!dialog.firstElementChild) return;
  dialog.showModal();
  const box = dialog.querySelector('textarea');
  box?.setSelectionRange(box.value.length, box.value.length);
}

function close(event) {
  event?.preventDefault();
  dialog.close();
}

function press(event) {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && matchMedia('(pointer: fine)').matches) {
    event.preventDefault();
    dialog.querySelector('form')?.requestSubmit();
  }
}

function last(event) {
  if (event.key !== 'ArrowUp' || event.target.value || event.shiftKey || event.isComposing) return;
  const line = [...document.querySelectorAll('#log > .mine[data-kind="message"]')].at(-1);
  if (!line) return;
  event.preventDefault();
  edit({target: line});
}

export function start() {
  document.addEventListener('menu:edit', edit);
  find('#text').addEventListener('keydown', last);
  dialog.addEventListener('click', event => event.target.closest('a.button') && close(event));
  dialog.addEventListener('keydown', press);
  dialog.addEventListener('close', () => find('#text').focus());
  dialog.addEventListener('htmx:after:request', ({detail: {ctx}}) => ctx.response.status === 204 && close());
}
