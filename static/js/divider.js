// The line "New" above the first message that was not read. It stays until the reader writes, or has seen it, was
// elsewhere and is back at the end. One that was read past moves when the next messages come unseen.
import {find, isLine, neighbour, seqOf} from './page.js';
import {isAtEnd} from './reader.js';
const scroller = find('#scroller');
let sign = null;
let seen = false, away = false; // since it was placed

export const divider = () => sign?.isConnected ? sign : null;

export function removeDivider() {
  const line = divider() && neighbour(sign, 'nextElementSibling');
  sign?.remove();
  sign = null;
  return line;
}

// Puts it above a line, with the day and the fold of the line below it.
export function placeDivider(line) {
  removeDivider();
  sign = find('#new').content.firstElementChild.cloneNode(true);
  let first = line;
  while (first.previousElementSibling?.matches('.day, .fold')) first = first.previousElementSibling;
  first.before(sign);
  line.classList.remove('more');
  seen = away = false;
}

// The number of the line below it.
export const dividerAt = () => divider() ? seqOf(neighbour(sign, 'nextElementSibling')) : null;

// Called while somebody looks at the page: after scrolling, and after a line came.
export function lookAtDivider() {
  if (!divider()) return;
  const {top, bottom} = scroller.getBoundingClientRect(), box = sign.getBoundingClientRect();
  seen ||= box.bottom > top && box.top < bottom;
  away ||= !isAtEnd();
  if (seen && away && isAtEnd()) removeDivider();
}
