// The scroll position, which stays at the end of a growing log or where the reader left it, and the counts of messages.
import {belowView, find, lastLine, onStream, seqOf} from './page.js';
const NEAR = 48; // pixels from the end that count as the end
const scroller = find('#scroller'), jump = find('#jump');
let following = true; // the reader is at the end
let lastTop = 0, lastHeight = 0;
let unseen = 0, unread = 0; // messages below the visible part, and messages that came while the tab was hidden
const growth = new ResizeObserver(() => following && goToEnd());

export const isAtEnd = () => following;
export const leaveEnd = () => { following = false; };

function goToEnd() {
  following = true;
  scroller.scrollTop = scroller.scrollHeight;
}

// Scrolling up ends the following; added or removed lines do not. If a line is `far`, the visible end is not the end.
function scrolled() {
  if (belowView() < NEAR && !find('.far')) following = true;
  else if (scroller.scrollTop < lastTop && scroller.scrollHeight >= lastHeight) following = false;
  lastTop = scroller.scrollTop;
  lastHeight = scroller.scrollHeight;
  count();
}

function count() {
  if (following) unseen = 0;
  if (!document.hidden) unread = 0;
  const {title} = find('#rules').dataset, counted = unread ? `(${unread}) ${title}` : title;
  jump.hidden = !unseen;
  if (unseen) jump.textContent = `New messages (${unseen})`;
  if (document.title !== counted) document.title = counted;
}

function arrived(me, {id}) {
  const line = lastLine();
  if (line?.dataset.kind !== 'message' || !id.endsWith(`-${seqOf(line)}`)) return; // a change adds no line
  const isMine = me && line.dataset.author === me;
  following ||= isMine;
  unseen += isMine ? 0 : 1;
  unread += isMine ? 0 : 1;
  count();
}

// Keeps the position when older messages are added above: browsers do not do that at the very top.
function holdPlace({detail: {ctx}}) {
  if (ctx.target?.id !== 'older') return;
  const before = scroller.scrollHeight - scroller.scrollTop;
  scroller.ariaBusy = 'true'; // or screen readers would read out all of them
  const pushed = new MutationObserver(() => { scroller.scrollTop = scroller.scrollHeight - before; });
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
  document.addEventListener('visibilitychange', count);
  document.addEventListener('htmx:after:swap', count); // the title may be new
  scroller.addEventListener('scroll', scrolled);
  find('#composer').addEventListener('submit', goToEnd);
  jump.addEventListener('click', () => {
    goToEnd();
    find('#text').focus();
  });
  following = !find('.here');
  find('.here')?.scrollIntoView({block: 'center'});
  following ||= belowView() < NEAR;
  const watch = () => [scroller, find('#log'), find('#outbox')].forEach(box => growth.observe(box)); // of a new log too
  new MutationObserver(watch).observe(scroller, {childList: true});
  watch();
}
