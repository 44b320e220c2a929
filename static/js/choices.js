// The list above the box with entries to choose from: {insert, words, data}. Attributes in `data`: `mark` is shown
// before the words; `initial` and `hue` are the tile of a member. The box keeps the focus and names the chosen entry
// to screen readers. Arrow keys, Enter, Tab and Escape go to the list while it is open.
import {tell} from './copy.js';
import {find} from './page.js';
const box = find('#text'), list = find('#choices');
let open = null; // {typed, entries, at}: what an entry replaces, the entries, and which of them is chosen
let left = -1; // where the text stands whose list was closed with Escape
let writing = false;

export const before = () => box.value.slice(0, box.selectionStart);
export const isWriting = () => writing;
export const leftAt = () => left;

// Writes over the last characters before the caret, so that the browser can take it back.
export function write(length, text) {
  writing = true;
  box.focus();
  box.setSelectionRange(box.selectionStart - length, box.selectionEnd);
  document.execCommand('insertText', false, text);
  writing = false;
}

export function close() {
  if (!open) return;
  open = null;
  list.hidden = true;
  box.removeAttribute('aria-activedescendant');
  list.dispatchEvent(new Event('close'));
}

function choose(at) {
  const options = [...list.children];
  open.at = (at + options.length) % options.length;
  options.forEach((option, place) => { option.ariaSelected = place === open.at; });
  options[open.at].scrollIntoView({block: 'nearest'});
  box.setAttribute('aria-activedescendant', options[open.at].id);
}

function option({words, data}, place) {
  const item = document.createElement('li');
  Object.assign(item, {id: `choice-${place}`, role: 'option', textContent: words, title: words});
  Object.assign(item.dataset, data);
  return item;
}

// Opens the list, or fills it anew. `typed` is what an entry replaces, `look` a class of the list.
export function show(typed, entries, look = '') {
  if (!open) tell(entries.length === 1 ? '1 suggestion' : `${entries.length} suggestions`, 'unseen');
  open = {typed, entries};
  left = -1;
  list.className = `completions ${look}`;
  list.replaceChildren(...entries.map(option));
  list.hidden = false;
  choose(0);
}

function take(at) {
  const {typed, entries} = open;
  close();
  write(typed.length, entries[at].insert);
}

function press(event) {
  const {key, isComposing, keyCode, shiftKey} = event;
  if (!open || isComposing || keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = Math.round(list.clientWidth / list.firstChild.offsetWidth), side = row > 1 ? 1 : 0;
  const step = {ArrowDown: row, ArrowUp: -row, ArrowRight: side, ArrowLeft: -side}[key];
  if (step) choose(open.at + step);
  else if (key === 'Escape') {
    left = before().length - open.typed.length;
    close();
  } else if ((key === 'Enter' || key === 'Tab') && !shiftKey) take(open.at);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Enter would send
}

export function start() {
  box.addEventListener('keydown', press, true);
  box.addEventListener('blur', close);
  document.addEventListener('selectionchange', () => open && !before().endsWith(open.typed) && close());
  list.addEventListener('mousedown', event => event.preventDefault()); // the box keeps the focus
  list.addEventListener('click', ({target}) => {
    const item = target.closest('li');
    if (item) take([...list.children].indexOf(item));
  });
}
