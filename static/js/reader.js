// The reader's place, and what is new. A reader at the end stays there, whatever grows; one further up stays as well.
import {find, lastLine, onStream} from './page.js';

const NEAR = 48; // pixels from the end that still count as the end

const scroller = find('#scroller');
const jump = find('#jump');
const title = document.title;
let following = true; // the reader is at the end
let lastTop = 0;
let unseen = 0; // messages below what is being read
let unread = 0; // messages that came while the tab was hidden

const belowView = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
const isAtEnd = () => belowView() < NEAR && !find('.far'); // lines that are not laid out are still to come

function goToEnd() {
  following = true;
  scroller.scrollTop = scroller.scrollHeight;
}

// Only who scrolls up leaves the end: what has grown meanwhile is no reason.
function scrolled() {
  if (isAtEnd()) following = true;
  else if (scroller.scrollTop < lastTop) following = false;
  lastTop = scroller.scrollTop;
  count();
}

function count() {
  if (following) unseen = 0;
  if (!document.hidden) unread = 0;
  const counted = unread ? `(${unread}) ${title}` : title;
  jump.hidden = !unseen;
  if (unseen) jump.textContent = `New messages (${unseen})`;
  if (document.title !== counted) document.title = counted;
}

function arrived(me) {
  const line = lastLine();
  if (line?.dataset.kind !== 'message') return;
  if (me && line.dataset.author === me) {
    following = true;
  } else {
    unseen++;
    unread++;
  }
  count();
}

// Older messages push down what is being read, and browsers do not make up for that at the very top.
function holdPlace({detail: {ctx}}) {
  if (ctx.target?.id !== 'older') return;
  const before = scroller.scrollHeight - scroller.scrollTop;
  requestAnimationFrame(() => { scroller.scrollTop = scroller.scrollHeight - before; });
}

const growth = new ResizeObserver(() => following && goToEnd());

export function start({me}) {
  scroller.classList.add('flows');
  onStream('htmx:sse:after:message', ({message}) => message.event || arrived(me));
  document.addEventListener('htmx:before:swap', holdPlace);
  document.addEventListener('visibilitychange', count);
  scroller.addEventListener('scroll', scrolled);
  jump.addEventListener('click', () => {
    goToEnd();
    find('#text').focus();
  });
  const here = find('.here');
  if (here) {
    following = false;
    here.scrollIntoView({block: 'center'});
  }
  growth.observe(scroller);
  growth.observe(find('#log'));
  // A stream that has to start over brings a new log.
  new MutationObserver(() => growth.observe(find('#log'))).observe(scroller, {childList: true});
}
