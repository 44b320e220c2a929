// Emoji by `:name:`: completion after a colon and two letters, and a name that is typed whole becomes its character in
// the box, where it is seen before it is sent. A button shows them all. The list is a file of its own, loaded when
// it is first asked for.
import {before, close, show, write} from './choices.js';
import {isCode, offer} from './complete.js';
import {tell} from './copy.js';
import {find} from './page.js';
const SIGN = /(?:^|[^\p{L}\p{N}_:/])(:[a-z\d+_-]{2,20})$/iu;
const BEGUN = /(?:^|[^\p{L}\p{N}_:/]):$/u; // a name may follow: the list is there when it ends
const WHOLE = /(?:^|[^\p{L}\p{N}_:/])(:[a-z\d+_-]{2,20}:)$/iu;
const button = find('#emoji');
let loading;

function load() {
  loading ??= import(find('#choices').dataset.emoji).then(({emoji}) => emoji, () => {
    loading = null; // no network: asked again with the next letter
    return [];
  });
  return loading;
}

// How well a name fits: 0 exactly, 1 its beginning, 2 the beginning of another name of the emoji, 3 a part, 4 not.
function fit({names}, typed) {
  if (names.includes(typed)) return 0;
  if (names[0].startsWith(typed)) return 1;
  if (names.some(name => name.startsWith(typed))) return 2;
  return names.some(name => name.includes(typed)) ? 3 : 4;
}

const entry = ({char, names}) => ({insert: char, words: names[0].replaceAll('_', ' '), data: {mark: char}});

export async function look(typed) {
  const name = typed.slice(1).toLowerCase(), all = await load();
  const found = all.map(one => ({one, rank: fit(one, name)})).filter(({rank}) => rank < 4);
  found.sort((a, b) => a.rank - b.rank || a.one.names[0].length - b.one.names[0].length);
  return found.map(({one}) => entry(one));
}

async function replace({inputType}) {
  if (BEGUN.test(before())) load();
  const typed = before().match(WHOLE)?.[1];
  if (!typed || !inputType?.startsWith('insert') || inputType === 'insertFromPaste' || isCode(before())) return;
  const name = typed.slice(1, -1).toLowerCase(), end = before().length, begin = end - typed.length;
  const found = (await load()).find(({names}) => names.includes(name)), box = find('#text');
  if (!found || box.value.slice(begin, end) !== typed) return;
  if (before().length === end) return write(typed.length, found.char);
  box.setRangeText(found.char, begin, end, 'preserve'); // more was typed while the list was loading
  box.dispatchEvent(new Event('input', {bubbles: true}));
}

async function toggle({detail}) {
  const all = await load();
  if (button.ariaExpanded === 'true') return close();
  if (!detail || !matchMedia('(pointer: coarse)').matches) find('#text').focus(); // a finger wants no keyboard over it
  if (!all.length) return tell('The list of emoji did not load. Try it again.');
  show('', all.map(entry), 'grid');
  button.ariaExpanded = 'true';
}

export function start() {
  offer({sign: SIGN, look});
  button.hidden = false;
  button.addEventListener('mousedown', event => event.preventDefault()); // the box keeps the focus
  button.addEventListener('click', toggle);
  find('#choices').addEventListener('close', () => { button.ariaExpanded = 'false'; });
  find('#text').addEventListener('input', replace);
}
