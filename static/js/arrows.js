// With the keyboard: the arrow keys move between the messages, and Enter opens the menu of one.
import {find, neighbour} from './page.js';
import {isMessage, openMenu} from './pointing.js';
const scroller = find('#scroller');

function nextMessage(line, side) {
  let next = neighbour(line, side);
  while (next && !(isMessage(next) && next.getClientRects().length)) next = neighbour(next, side);
  return next;
}

// The message at which the arrow keys begin: the last that is in view.
function lastInView() {
  const {bottom} = scroller.getBoundingClientRect();
  return [...scroller.querySelectorAll('#log > [data-kind="message"]')]
    .findLast(line => isMessage(line) && line.getClientRects().length && line.getBoundingClientRect().top < bottom);
}

function press(event) {
  const {target, key} = event, line = isMessage(target) ? target : null;
  if (!line && target !== scroller || event.altKey || event.ctrlKey || event.metaKey) return;
  if (key === 'Enter' && line) openMenu(line, line.querySelector('.text').getBoundingClientRect());
  else if (key === 'Escape' && line) find('#text').focus();
  else if (key === 'ArrowUp' || key === 'ArrowDown') {
    const side = key === 'ArrowUp' ? 'previousElementSibling' : 'nextElementSibling';
    const next = line ? nextMessage(line, side) : lastInView();
    if (!next) return;
    next.tabIndex = -1;
    next.focus({preventScroll: true});
    next.scrollIntoView({block: 'nearest'});
  } else return;
  event.preventDefault();
}

export function start() {
  scroller.addEventListener('keydown', press);
}
