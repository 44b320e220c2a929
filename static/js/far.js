// Keeps a page with many lines fast. While the reader is at the end, lines far above are removed from the page, and the
// link to older messages brings them back. While the reader is further up, lines far below stay in the page but are not
// laid out: all from the line with the class `far` on, until the reader comes near.
import {belowView, cutAbove, find, isLine, lastLine, neighbour, onStream, seqOf} from './page.js';
import {goToEnd, isAtEnd} from './reader.js';
const MOST = 500; // lines, day headings and folds
const STEP = 100;
const scroller = find('#scroller');

const lineFrom = node => node && !isLine(node) ? neighbour(node, 'nextElementSibling') : node;

// Adds the link to older messages, as the server renders it, with another `before`.
export function offerOlder(seq) {
  const item = find('#older-again').content.firstElementChild.cloneNode(true), link = item.querySelector('a');
  link.href = link.href.replace(/before=\d+/, `before=${seq}`);
  link.setAttribute('hx-get', link.href);
  find('#log').prepend(item);
  window.htmx?.process(item);
}

function bringBack(steps) {
  let next = find('.far');
  next?.classList.remove('far');
  for (let step = 0; next && step < steps; step++) next = next.nextElementSibling;
  lineFrom(next)?.classList.add('far');
}

function tidy() {
  const {children} = find('#log'), far = find('.far');
  const laidOut = far ? [...children].indexOf(far) : children.length;
  if (laidOut <= MOST + STEP) return;
  if (!far && (isAtEnd() || belowView() < scroller.clientHeight)) { // at the end, it may not have scrolled yet
    const kept = lineFrom(children[laidOut - MOST]);
    cutAbove(kept);
    offerOlder(seqOf(kept));
    if (isAtEnd()) goToEnd();
  } else {
    const passed = 1 - belowView() / scroller.scrollHeight; // share of the lines that are above or in view
    const index = Math.ceil(laidOut * passed) + MOST / 2, line = lineFrom(children[index]);
    const pageBelow = scroller.getBoundingClientRect().bottom + scroller.clientHeight;
    if (!line || index >= laidOut || line.getBoundingClientRect().top < pageBelow) return;
    far?.classList.remove('far');
    line.classList.add('far');
  }
}

export function start({me}) {
  onStream('htmx:sse:after:message', () => {
    if (me && lastLine()?.dataset.author === me) bringBack(Infinity);
    if (!find('.far')) requestAnimationFrame(tidy);
  });
  document.addEventListener('htmx:after:swap', ({detail: {ctx}}) => {
    if (ctx.target?.id === 'older') requestAnimationFrame(tidy);
  });
  scroller.addEventListener('scroll', () => {
    if (belowView() < scroller.clientHeight) bringBack(STEP);
  });
  find('#jumps').addEventListener('click', () => bringBack(Infinity), true);
}
