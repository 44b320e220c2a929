// Completion in the box: after a sign such as `:` and some letters, the list offers what may be meant. A source is
// {sign, look}: `sign` is a pattern for the end of what stands before the caret, whose one group is what an entry
// replaces; `look` returns (or promises) the entries for that group (choices.js says what an entry is).
import {before, close, isWriting, leftAt, show} from './choices.js';
import {find} from './page.js';
const MOST = 8;
const touch = matchMedia('(pointer: coarse)');
const sources = [];
let looks = 0;

export const isCode = text => text.split('`').length % 2 === 0; // a ` has begun

export function offer(source) {
  sources.push(source);
}

async function look({isComposing}) {
  if (isWriting() || (isComposing && !touch.matches)) return; // on a touch screen every word is composed
  const text = before(), turn = ++looks;
  for (const {sign, look: entriesOf} of isCode(text) ? [] : sources) {
    const typed = text.match(sign)?.[1];
    if (typed === undefined || text.length - typed.length === leftAt()) continue;
    const entries = (await entriesOf(typed)).slice(0, MOST);
    if (turn !== looks || before() !== text) return;
    if (entries.length) return show(typed, entries);
  }
  close();
}

function press({key, target}) {
  const help = target.closest('details[open]');
  if (key !== 'Escape' || !help) return;
  help.open = false;
  help.firstElementChild.focus();
}

export function start() {
  find('#markdown')?.addEventListener('keydown', press);
  for (const name of ['input', 'compositionend']) find('#text').addEventListener(name, look);
}
