// The files above the box, before they are sent, and the target for those that are dropped.
import {attach, files, takesFiles} from './attached.js';
import {write} from './choices.js';
import {tell} from './copy.js';
import {find} from './page.js';
import {make} from './piece.js';
const UNSHOWN = 700; // milliseconds after the last sign of a drag
const tray = find('#tray'), box = find('#text');
const target = document.createElement('p');
let hiding, count = 0, isOwn = false; // what is dragged is of this page

const without = one => files().splice(files().indexOf(one), 1);

// Takes a file away, or puts the text that was pasted where it would have gone.
async function act(one, what) {
  const text = what === 'text' && await one.file.text();
  without(one);
  show();
  (tray.querySelector('button') ?? box).focus();
  if (text) write(0, text);
  else tell(`${one.file.name} is not sent.`, 'unseen');
}

function refuse(one) {
  const words = Object.assign(document.createElement('p'), {className: 'error'});
  without(one);
  words.textContent = `${one.file.name}: ${find('#too-large').content.textContent}`;
  find('#composer-error').replaceChildren(words);
}

export function show() {
  files().filter(({file}) => file.size > find('#file').dataset.most).forEach(refuse);
  for (const one of files()) one.node ??= make(one, act);
  tray.replaceChildren(...files().map(({node}) => node));
  if (files().length > count) tell(`Above the box: ${files().map(({file}) => file.name).join(', ')}`, 'unseen');
  count = files().length;
  find('#menu-open').hidden = true; // the log is less high now
}

// Without this the browser would leave the page for the file.
function drag(event) {
  const isOver = event.type === 'dragover';
  if (isOwn || !event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  clearTimeout(hiding);
  target.hidden = !isOver || !takesFiles();
  if (isOver) hiding = setTimeout(() => { target.hidden = true; }, UNSHOWN);
  else if (takesFiles()) attach(event.dataTransfer.files);
  else tell('No files are sent in this room.');
}

export function start() {
  if (!tray) return;
  Object.assign(target, {className: 'dropping', textContent: 'Drop files here', hidden: true});
  document.body.append(target);
  for (const type of ['dragstart', 'dragend']) document.addEventListener(type, () => { isOwn = type === 'dragstart'; });
  for (const type of ['dragover', 'drop']) document.addEventListener(type, drag);
}
