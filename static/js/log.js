// The server sends the same lines to all readers. This adds what depends on the reader: local times, own messages, day
// headings and groups. Only new lines, and the line after each, are changed, as a page may hold thousands.
import {dressCode} from './code.js';
import {beginsDay, renameDays, showDay} from './days.js';
import {offerOlder} from './far.js';
import {fold} from './fold.js';
import {hush} from './hushed.js';
import {cutAbove, find, isLine, neighbour, seqOf, timeOf} from './page.js';
const GROUP = 5 * 60 * 1000; // milliseconds: closer messages of one member are shown as a group
const clock = new Intl.DateTimeFormat([], {timeStyle: 'short'});
let me = '';
let watched = null;

// Whether two lines are a group. A message without a seat is never in one: it always shows its name and its mark.
function belongTogether(before, line) {
  const {kind, author} = line.dataset;
  const isOneVoice = kind === 'message' && kind === before.dataset.kind && author && author === before.dataset.author;
  return isOneVoice && !line.querySelector('.answers') && timeOf(line) - timeOf(before) < GROUP;
}

// Sets what depends on the line alone: its time, and whether it is the reader's own.
function dress(line) {
  for (const time of line.querySelectorAll('time')) { // its own, and that of its last edit
    const at = new Date(time.dateTime);
    time.textContent = clock.format(at).replace(/[\u00a0\u202f]/g, ' '); // "12:57 PM" may break in the gutter
    time.title = at.toLocaleString();
  }
  const name = line.querySelector('.who a');
  if (name) name.tabIndex = -1; // the keyboard has the list of people, and the menu
  dressCode(line);
  line.classList.toggle('mine', me !== '' && line.dataset.author === me);
  hush(line);
  for (const mention of line.querySelectorAll('.mention')) {
    mention.classList.toggle('me', me !== '' && [me, 'here'].includes(mention.dataset.to));
  }
}

// Sets what depends on the line before it: the day heading, the group and the fold.
function place(line) {
  const before = neighbour(line, 'previousElementSibling');
  const isNewDay = beginsDay(before, line);
  showDay(line, isNewDay);
  const isNew = line.previousElementSibling?.matches('.new, .gap');
  line.classList.toggle('more', !isNewDay && !isNew && belongTogether(before, line));
  fold(line, isNewDay ? null : before);
}

function arrange(nodes, isShorter) {
  for (const day of nodes.filter(node => node.matches?.('.day:has(time)'))) day.remove(); // the server's are in UTC
  const lines = nodes.filter(node => isLine(node) && node.isConnected);
  const first = isShorter ? find('#log > [data-kind]') : null; // the line before it may have been removed
  const changed = new Set(first ? [first] : []);
  for (const line of lines) {
    dress(line);
    changed.add(line).add(neighbour(line, 'nextElementSibling') ?? line);
  }
  for (const line of [...changed].sort((one, other) => seqOf(one) - seqOf(other))) place(line);
  for (const line of lines.filter(one => one.dataset.before)) prune(line);
}

function prune({dataset: {before}}) {
  const kept = [...find('#log').children].find(line => isLine(line) && seqOf(line) >= before);
  const gap = find('#gap');
  if (neighbour(kept, 'previousElementSibling')) cutAbove(kept);
  if (gap && !gap.isConnected) offerOlder(seqOf(kept)); // what is left between
}

const additions = new MutationObserver(records => {
  renameDays();
  arrange(records.flatMap(record => [...record.addedNodes]), records.some(record => record.removedNodes.length));
});

// A change morphs a line: it takes off what this module has set, such as the title of its time.
const changes = new MutationObserver(records => {
  const lines = new Set(records.map(({target}) => target.closest('#log > [data-kind]')));
  arrange([...lines].filter(line => line && !line.querySelector('time').title));
});

export function start(room) {
  const watch = () => { // a `reset` replaces the whole log
    if (find('#log') === watched) return;
    watched = find('#log');
    additions.observe(watched, {childList: true});
    changes.observe(watched, {subtree: true, attributeFilter: ['data-kind', 'title']});
    arrange([...watched.children]);
  };
  me = room.me;
  new MutationObserver(watch).observe(find('#scroller'), {childList: true});
  watch();
}
