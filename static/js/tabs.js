// At most four tabs of one browser have a stream: over HTTP/1.1 browsers open six connections to one server, and
// with all of them taken nothing is sent and no page opens. The tabs tell each other when they were looked at last; the
// others pause, and catch up when they are looked at.
import {isPaused, pause, resume} from './connection.js';
import {tab} from './drafts.js';
import {find} from './page.js';
const MOST = 4;
const GREETING = 150; // milliseconds in which the other tabs answer a new one
const AGAIN = 30_000, GONE = 150_000; // milliseconds; in a hidden tab a timer may run once a minute only
const others = new Map(); // by id
const mine = {id: Math.random(), tab, looked: Date.now(), hidden: document.hidden, room: find('.talk')?.dataset.room};
mine.streams = Boolean(find('[hx-sse\\:connect]'));
let channel = null;
let greeted = !document.hidden; // a tab that is opened in the background asks the others first

function isBefore(one, other) {
  return (one.hidden - other.hidden || other.looked - one.looked || one.id - other.id) < 0;
}

function decide() {
  for (const [name, {heard}] of others) if (Date.now() - heard > GONE) others.delete(name);
  const before = [...others.values()].filter(other => other.streams && isBefore(other, mine));
  if (before.length >= MOST || !greeted) pause();
  else resume();
  if (mine.paused === isPaused()) return;
  mine.paused = isPaused();
  tell();
}

// Whether this tab gives the notices of its room: nobody looks at another tab of it, and it is the first with a stream.
export const speaks = () => ![...others.values()].some(other => other.room === mine.room
  && (!other.hidden || (other.paused - mine.paused || other.id - mine.id) < 0));

const tell = more => channel?.postMessage({...mine, ...more});

function hear({data}) {
  if (data.leaves) others.delete(data.id);
  else others.set(data.id, {...data, heard: Date.now()});
  if (data.greets) tell();
  decide();
}

function look() {
  mine.hidden = document.hidden;
  if (!mine.hidden) mine.looked = Date.now();
  tell();
  decide();
}

function open() {
  channel = new BroadcastChannel('tabs');
  channel.addEventListener('message', hear);
  tell({greets: true});
}

function close() { // a page with an open channel would not be kept for "back"
  tell({leaves: true});
  channel.close();
  channel = null;
}

// Whether a tab is still there, as far as this one knows.
export const isOpen = name => !channel || [...others.values()].some(other => other.tab === name);

export function start() {
  if (!window.BroadcastChannel) return;
  open();
  setTimeout(() => {
    greeted = true;
    decide();
  }, GREETING);
  setInterval(() => {
    tell();
    decide();
  }, AGAIN);
  decide();
  window.addEventListener('focus', look);
  document.addEventListener('visibilitychange', look);
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', ({persisted}) => {
    if (persisted) open();
    look();
  });
}
