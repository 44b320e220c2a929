// The ways to the menu of a message: a button on the line that is pointed at, a right click, a long press, the context
// menu key, and those of arrows.js.
import {prepare} from './acts.js';
import {tell} from './copy.js';
import {find, MESSAGE} from './page.js';
const LONG = 500, STILL = 10; // milliseconds and pixels of a long press
const scroller = find('#scroller'), button = find('#menu-open');
const hovers = matchMedia('(hover: hover)');
let pointed = null; // the line with the button
let pressing, from;

const rectangle = (x, y) => new DOMRect(x, y, 0, 0);
const messageOf = node => node.closest?.(MESSAGE);
export const isMessage = node => node && messageOf(node) === node;

// The menu is in another script (later.js). `at` is a rectangle on the screen, beside which it is shown.
export async function openMenu(line, at) {
  if (!await prepare().then(() => true, () => false)) return tell('The menu did not load. Try it again.');
  line.dispatchEvent(new CustomEvent('menu', {bubbles: true, detail: at}));
}

// Puts the button at the free end of the line: others' messages are at the left, own ones at the right.
function showButton(line) {
  pointed = line;
  button.hidden = !isMessage(line);
  if (button.hidden) return;
  const box = line.getBoundingClientRect(), text = line.querySelector('.text').getBoundingClientRect();
  const frame = scroller.getBoundingClientRect(), origin = button.offsetParent.getBoundingClientRect();
  const mine = line.matches('.mine'), {offsetWidth: width} = button;
  const gap = line.matches('.mine.more') && hovers.matches ? line.querySelector('.when').offsetWidth : 4;
  const left = mine ? text.left - width - gap : Math.min(box.right + gap, frame.right - width - gap);
  const top = Math.max(frame.top, (mine ? text.top : box.top) - 2);
  button.style.left = `${Math.max(frame.left, left) - origin.left}px`;
  button.style.top = `${top - origin.top}px`;
  button.hidden = box.bottom < frame.top || top + button.offsetHeight > frame.bottom + 2;
}

function ask(event) {
  const line = messageOf(event.target), byKey = event.button !== 2 && event.pointerType !== 'touch';
  if (!line || !byKey && (event.target.closest('a') || !getSelection().isCollapsed)) return;
  event.preventDefault();
  openMenu(line, byKey ? line.querySelector('.text').getBoundingClientRect() : rectangle(event.clientX, event.clientY));
}

function touch({target, pointerType, clientX, clientY}) {
  clearTimeout(pressing);
  const line = pointerType === 'touch' && !target.closest('a') && messageOf(target);
  from = [clientX, clientY];
  if (line) pressing = setTimeout(() => openMenu(line, rectangle(clientX, clientY)), LONG);
}

export function start() {
  const point = ({target}) => messageOf(target) && showButton(messageOf(target));
  scroller.addEventListener('pointerover', point);
  scroller.addEventListener('focusin', point);
  scroller.addEventListener('contextmenu', ask);
  scroller.addEventListener('pointerdown', touch);
  scroller.addEventListener('pointermove', ({clientX, clientY}) => {
    if (from && Math.hypot(clientX - from[0], clientY - from[1]) > STILL) clearTimeout(pressing);
  });
  for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, () => clearTimeout(pressing));
  const follow = () => { if (!button.hidden) showButton(pointed); };
  scroller.addEventListener('scroll', follow);
  new ResizeObserver(follow).observe(scroller); // the box below grows with what is written, and with files
  find('.talk').addEventListener('pointerleave', ({pointerType}) => { button.hidden ||= pointerType === 'mouse'; });
  button.addEventListener('click', () => openMenu(pointed, button.getBoundingClientRect()));
}
