// The files that go with the next message: chosen, pasted or dropped. What shows them (tray.js) is in later.js. A long
// text that is pasted becomes a file, too.
import {prepare} from './acts.js';
import {load} from './demand.js';
import {find} from './page.js';
const field = find('#file');
const held = []; // {file, alt, isPaste, node}; isPaste: it was pasted as text

export const files = () => held;
export const takesFiles = () => Boolean(field && find('#rules[data-files]'));

// Without a network nothing shows them, and they are sent all the same.
const show = () => prepare().then(() => load('later')).then(({show: now}) => now(), () => {});

// `more` are files, or what `unload` gave.
export function attach(more, isPaste = false) {
  held.push(...[...more].map(one => one.file ? one : {file: one, alt: '', isPaste}));
  show();
}

// Takes them out, for the outbox.
export function unload() {
  const all = held.splice(0);
  if (all.length) show();
  return all;
}

// A table or a piece of a page comes with a picture of itself: then the text is what is meant.
function paste(event) {
  const {files: pasted, types} = event.clipboardData, text = event.clipboardData.getData('text/plain');
  const isText = text && (types.includes('text/html') || !pasted.length);
  if (!takesFiles() || isText && new Blob([text]).size <= field.dataset.paste) return;
  if (!isText && !pasted.length) return;
  event.preventDefault();
  attach(isText ? [new File([text], 'paste.txt', {type: 'text/plain'})] : pasted, isText);
}

export function start() {
  if (!field || !find('#composer[data-live]')) return; // else the form has the file
  field.multiple = true; // a form that is sent without a script has one
  field.addEventListener('change', () => {
    attach(field.files);
    field.value = '';
    if (matchMedia('(pointer: fine)').matches) find('#text').focus();
  });
  find('#text').addEventListener('paste', paste);
  window.addEventListener('beforeunload', event => held.length && event.preventDefault());
}
