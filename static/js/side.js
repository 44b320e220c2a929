// The side on wide screens. It folds once a second person is in, unless the reader chose otherwise, which this browser
// keeps.
import {withStorage} from './drafts.js';
import {find} from './page.js';
export const wide = matchMedia('(min-width: 64rem)');
const side = find('#side'), code = find('#code'), button = find('.side-toggle'), room = document.body;
const isAlone = () => find('#people').dataset.count < 2;
let chosen = withStorage(() => localStorage.getItem('side'));
let wasAlone;

export function fold(is) {
  room.classList.toggle('folded', is);
  if (wide.matches) button.ariaExpanded = !is;
  else button.removeAttribute('aria-expanded'); // a browser knows that of a popover
}

function press(event) {
  if (!wide.matches) return;
  event.preventDefault(); // it is no popover here
  chosen = room.classList.contains('folded') ? 'open' : 'folded';
  withStorage(() => localStorage.setItem('side', chosen));
  fold(chosen === 'folded');
}

// The people of the room have changed.
function changed() {
  if (wasAlone && !isAlone()) {
    code.open = false;
    if (!chosen) fold(true);
  }
  wasAlone = isAlone();
}

export function start() {
  wasAlone = isAlone();
  fold(chosen ? chosen === 'folded' : room.classList.contains('folded'));
  button.addEventListener('click', press);
  for (const one of document.querySelectorAll('[data-share]')) one.hidden &&= !navigator.share;
  wide.addEventListener('change', () => fold(room.classList.contains('folded')));
  new MutationObserver(changed).observe(side, {childList: true});
}
