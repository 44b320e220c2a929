// Search in the side: it asks while one types. A result leads to its line, and the page around that line has the same
// results again.
import {withStorage} from './drafts.js';
import {goToLine} from './follow.js';
import {count, show, showOlder} from './hits.js';
import {find} from './page.js';
import {fold, wide} from './side.js';
const PAUSE = 300; // milliseconds without a key, after which it asks
const form = find('#search'), box = form?.elements.q, hits = find('#hits'), side = find('#side');
let name, typing;
let before = null, opened = false; // what had the focus, and whether the side was opened for the search

const isOpen = () => wide.matches ? !find('.folded') : side.matches(':popover-open');
const isBare = ({altKey, ctrlKey, metaKey}) => !altKey && !ctrlKey && !metaKey;

function showSide(is) {
  if (wide.matches) fold(!is);
  else side.togglePopover(is);
}

function search() {
  clearTimeout(typing);
  withStorage(() => sessionStorage.removeItem(name));
  show(box.value.trim());
}

function typed() {
  clearTimeout(typing);
  if (box.value.trim()) typing = setTimeout(search, PAUSE);
  else search();
}

function choose(event) {
  const link = event.target.closest('a'), line = link && find(`#m-${link.pathname.split('/')[2]}`);
  if (!link || !isBare(event) || event.shiftKey) return;
  if (!link.closest('li')) showOlder(link);
  else if (line?.getClientRects().length) {
    if (!wide.matches) showSide(false);
    goToLine(line);
  } else return withStorage(() => sessionStorage.setItem(name, JSON.stringify([box.value, count()])));
  return event.preventDefault();
}

function open(event) {
  event.preventDefault();
  before = document.activeElement;
  opened = !isOpen();
  if (opened) showSide(true);
  box.focus();
}

function leave() {
  if (opened || !wide.matches) showSide(false);
  (before?.isConnected ? before : find('#text')).focus();
}

function press(event) {
  const {key, target} = event, links = [...hits.querySelectorAll('a')], at = links.indexOf(target);
  if (event.isComposing || !isBare(event)) return;
  if (key === 'ArrowDown') (links[at + 1] ?? target).focus();
  else if (key === 'ArrowUp' && at >= 0) (links[at - 1] ?? box).focus();
  else if (key === 'Escape' && target !== box) box.focus();
  else if (key === 'Escape' && box.value) {
    box.value = '';
    search();
  } else if (key === 'Escape') leave();
  else return;
  event.preventDefault();
}

async function showAgain() {
  const kept = find('.here') && withStorage(() => JSON.parse(sessionStorage.getItem(name)));
  if (!kept) return;
  box.value = kept[0];
  if (wide.matches) showSide(true);
  await show(...kept);
  hits.querySelector('[aria-current]')?.scrollIntoView({block: 'nearest'});
}

export function start({room}) {
  name = `search ${room}`;
  if (!form) return;
  box.addEventListener('input', typed);
  form.addEventListener('submit', event => {
    event.preventDefault();
    search();
  });
  for (const part of [form, hits]) part.addEventListener('keydown', press);
  hits.addEventListener('click', choose);
  document.addEventListener('click', event => {
    if (event.target.closest?.('.search-link') && isBare(event) && !event.shiftKey) open(event);
  });
  document.addEventListener('keydown', event => {
    if (event.key === '/' && isBare(event) && event.target.closest('#scroller')) open(event);
  });
  showAgain();
}
