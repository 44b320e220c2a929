// Lines far above leave the page, so that one that is open all day stays quick. The link to older ones brings them back.
import {cutAbove, find, isLine, onStream, seqOf} from './page.js';

const MOST = 500; // lines, and what stands between them
const AT_ONCE = 50;

// The link as the server wrote it, to messages before another one.
function offerOlder(seq) {
  const item = find('#older-again').content.firstElementChild.cloneNode(true), link = item.querySelector('a');
  link.href = link.href.replace(/before=\d+/, `before=${seq}`);
  link.setAttribute('hx-get', link.href);
  find('#log').prepend(item);
  window.htmx?.process(item);
}

function trim() {
  const log = find('#log'), scroller = find('#scroller');
  if (log.childElementCount <= MOST + AT_ONCE) return;
  let kept = log.children[log.childElementCount - MOST];
  while (kept && (!isLine(kept) || kept.hidden)) kept = kept.nextElementSibling;
  const pageAbove = scroller.getBoundingClientRect().top - scroller.clientHeight;
  if (!kept || kept.getBoundingClientRect().top > pageAbove) return; // the reader is near
  cutAbove(kept);
  offerOlder(seqOf(kept));
}

export function start() {
  onStream('htmx:sse:after:message', () => requestAnimationFrame(trim));
}
