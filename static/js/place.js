// Keeps the place in the log when the page is reloaded: the first message in view, and how far it is from the top.
import {withStorage} from './drafts.js';
import {find, isLine, seqOf} from './page.js';
import {isAtEnd, leaveEnd} from './reader.js';
const PAGES = 10; // of older messages that are fetched to find it
const scroller = find('#scroller');
let name, tries = 0;

const gap = line => line.getBoundingClientRect().top - scroller.getBoundingClientRect().top;

function keep() {
  const line = [...find('#log').children].find(one => isLine(one) && gap(one) >= 0);
  withStorage(() => {
    if (isAtEnd() || !line) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify([seqOf(line), gap(line)]));
  });
}

// A message that is not on the page is looked for further up, where older ones load by themselves.
function restore([seq, distance]) {
  const line = find(`#m-${seq}`);
  leaveEnd();
  if (line) scroller.scrollTop += gap(line) - distance;
  else if (find('#older') && tries++ < PAGES) {
    const again = () => requestAnimationFrame(() => restore([seq, distance]));
    document.addEventListener('htmx:after:swap', again, {once: true});
    scroller.scrollTop = 0;
  }
}

const kept = epoch => withStorage(() => JSON.parse(sessionStorage.getItem(`place ${epoch}`)));

// Whether the page was reloaded while the reader was not at the end. The page of a line may not have the place.
export function isReturning(epoch) {
  const [how] = performance.getEntriesByType('navigation'), place = kept(epoch);
  return how?.type === 'reload' && place !== null && (!find('.here') || find(`#m-${place[0]}`) !== null);
}

export function start({epoch}) {
  name = `place ${epoch}`;
  if (isReturning(epoch)) addEventListener('load', () => restore(kept(epoch)), {once: true});
  addEventListener('pagehide', keep);
}
