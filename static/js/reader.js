// The scroll position, which stays at the end of a growing log or where the reader left it.
import {belowView, find, lastLine, onStream, seqOf} from './page.js';
const NEAR = 48; // pixels from the end that count as the end
const scroller = find('#scroller');
let following = true; // the reader is at the end
let lastTop = 0, lastHeight = 0;
let holding = null; // the observer of holdPlace
const growth = new ResizeObserver(() => following && goToEnd());

export const isAtEnd = () => following;
export const leaveEnd = () => { following = false; };

export function goToEnd() {
  following = true;
  scroller.scrollTop = scroller.scrollHeight;
  lastTop = scroller.scrollTop; // it may be less than before: lines above were removed
  lastHeight = scroller.scrollHeight;
}

// Shows a line, or what stands before it, at the top of the log.
export function goTo(node) {
  holding?.disconnect();
  following = false;
  node.scrollIntoView({block: 'start'});
  following = belowView() < NEAR && !find('.far');
}

// Scrolling up ends the following; added or removed lines do not. If a line is `far`, the visible end is not the end.
function scrolled() {
  if (belowView() < NEAR && !find('.far')) following = true;
  else if (scroller.scrollTop < lastTop && scroller.scrollHeight >= lastHeight) following = false;
  lastTop = scroller.scrollTop;
  lastHeight = scroller.scrollHeight;
}

function arrived(me, {id}) {
  const line = lastLine();
  const isNew = line?.dataset.kind === 'message' && id.endsWith(`-${seqOf(line)}`); // a change adds no line
  following ||= isNew && me !== '' && line.dataset.author === me;
}

// Keeps the position when older messages are added above: browsers do not do that at the very top.
function holdPlace({detail: {ctx}}) {
  if (ctx.target?.id !== 'older') return;
  const before = scroller.scrollHeight - scroller.scrollTop;
  scroller.ariaBusy = 'true'; // or screen readers would read out all of them
  const pushed = new MutationObserver(() => { scroller.scrollTop = scroller.scrollHeight - before; });
  holding = pushed;
  pushed.observe(find('#log'), {childList: true});
  requestAnimationFrame(() => {
    pushed.disconnect();
    requestAnimationFrame(() => { scroller.ariaBusy = null; });
  });
}

export function start({me}) {
  scroller.classList.add('flows');
  onStream('htmx:sse:after:message', ({message}) => message.event || arrived(me, message));
  document.addEventListener('htmx:before:swap', holdPlace);
  scroller.addEventListener('scroll', scrolled);
  find('#composer').addEventListener('submit', goToEnd);
  following = !find('.here');
  find('.here')?.scrollIntoView({block: 'center'});
  following ||= belowView() < NEAR;
  const watch = () => [scroller, find('#log'), find('#outbox')].forEach(box => growth.observe(box)); // of a new log too
  new MutationObserver(watch).observe(scroller, {childList: true});
  watch();
}
