// The reader's place, and what is new. The log grows up from its end (column-reverse): 0 is the end, and what comes or
// goes further up moves nothing. Only lines that arrive below what is being read are made up for, once a frame.
import {find, lastLine, onStream} from './page.js';

const NEAR = 48; // pixels from the end that still count as the end

const scroller = find('#scroller');
const jump = find('#jump');
const title = document.title;
let unseen = 0; // messages below what is being read
let unread = 0; // messages that came while the tab was hidden
let frame = 0;
let toEnd = false;

const atEnd = () => scroller.scrollTop > -NEAR;
const bottom = element => element.getBoundingClientRect().bottom;

function lineInView() {
  const {left, top, width, height} = scroller.getBoundingClientRect();
  const middle = document.elementFromPoint(left + width / 2, top + height / 2);
  return middle?.closest('#log > [data-kind]') ?? lastLine();
}

// How far a line is from the end, wherever the reader scrolls meanwhile.
const depth = line => bottom(find('#log')) - bottom(line);

function holdPlace() {
  if (frame) return;
  toEnd = atEnd();
  const line = toEnd ? null : lineInView();
  const before = line && depth(line);
  frame = requestAnimationFrame(() => {
    frame = 0;
    const now = line && document.getElementById(line.id); // a change may have put another element in its place
    if (toEnd) scroller.scrollTop = 0;
    else if (now) scroller.scrollTop -= depth(now) - before;
    count();
  });
}

function count() {
  if (unseen && atEnd()) unseen = 0;
  if (!document.hidden) unread = 0;
  const wanted = unread ? `(${unread}) ${title}` : title, label = `New messages (${unseen})`;
  jump.hidden = !unseen;
  if (unseen && jump.textContent !== label) jump.textContent = label;
  if (document.title !== wanted) document.title = wanted;
}

function arrived(me) {
  const line = lastLine();
  if (line?.dataset.kind !== 'message') return;
  if (me && line.dataset.author === me) {
    toEnd = true;
  } else {
    unseen++;
    unread++;
  }
  if (document.hidden) count(); // where there are no frames
}

export function start({me}) {
  onStream('htmx:sse:before:message', ({message}) => message.event || holdPlace());
  onStream('htmx:sse:after:message', ({message}) => message.event || arrived(me));
  scroller.addEventListener('scroll', count);
  document.addEventListener('visibilitychange', count);
  jump.addEventListener('click', () => {
    scroller.scrollTop = 0;
    find('#text').focus();
  });
  find('.here')?.scrollIntoView({block: 'center'});
}
