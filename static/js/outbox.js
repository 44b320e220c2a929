// The texts on their way. Each is a pale line below the log until the stream has brought the real one. They go out one
// after the other, in order, and again and again with the same key until the server has said what became of them.
import {keep} from './drafts.js';
import {find, onStream} from './page.js';
import {addLine, goesOut, isThere, itsTurn, leftBehind, noAnswer, show, wordsOf} from './pale.js';
import {post} from './post.js';
import {doubt} from './stream.js';
const FIRST = 2000, LAST = 15_000; // milliseconds between tries
const HANGS = 3000; // milliseconds after which an answer is late
// {key, text, reply, line}; seq: stored; tried: may be stored; held: waits for its author; until: for a time
let queue = [];
let address, giveBack, sending = null, timer, pause = FIRST;

const unsent = () => queue.filter(one => !one.seq);
const remember = () => keep({queue: unsent().map(({line, seq, until, ...one}) => one)});

function drop(one) {
  queue = queue.filter(other => other !== one);
  one.line.remove();
  remember();
}

function settle() {
  for (const one of queue) if (isThere(one)) drop(one);
}

function refuse(one, {refused, wait}) {
  if (!one.tried && unsent().length === 1 && giveBack(one, refused, wait)) return drop(one);
  one.held = !wait;
  one.until = wait && Date.now() + wait * 1000;
  show(one.line, wait ? 'waiting' : 'held', wordsOf(refused));
  if (wait) timer = setTimeout(pump, wait * 1000);
}

function retryLater(one, later) {
  one.tried = true;
  show(one.line, 'waiting', later ? goesOut(later) : noAnswer());
  timer = setTimeout(pump, pause);
  pause = Math.min(pause * 2, LAST);
}

async function pump() {
  clearTimeout(timer);
  const [one] = unsent();
  if (sending || !one || one.held) return;
  sending = new AbortController();
  sending.since = Date.now();
  one.until = 0;
  show(one.line, 'sending', 'Sending…');
  const late = setTimeout(doubt, HANGS), {seq, refused, wait, later} = await post(address, one, sending);
  clearTimeout(late);
  sending = null;
  if (!queue.includes(one)) return pump();
  one.seq = seq;
  if (refused) refuse(one, {refused, wait});
  if (later !== undefined) retryLater(one, later);
  if (!seq && !refused) return remember();
  if (seq) show(one.line, 'sent', 'Sent.');
  pause = FIRST;
  remember();
  settle();
  if (!one.until) pump();
}

// The network is back: what waits goes out at once, and what hangs is tried anew.
function resume() {
  if (sending && Date.now() - sending.since > HANGS) sending.abort();
  pause = FIRST;
  if (!(unsent()[0]?.until > Date.now())) pump();
}

function add(one) {
  queue.push(one);
  one.line = addLine(one, what => act(one, what));
  show(one.line, one.held ? 'held' : 'queued', one.held ? leftBehind() : itsTurn());
}

function act(one, what) {
  if (what === 'edit') giveBack(one, '', 0, true);
  if (what === 'now') one.held = one.until = false;
  else drop(one);
  pump();
}

// Each text is {key, text, reply}, `reply` being what it answers, if anything. One that was kept over a reload may be
// stored already (`tried`).
export function send(texts) {
  for (const one of texts) add(one);
  remember();
  pump();
}

export function start(to, back) {
  [address, giveBack] = [to, back];
  onStream('htmx:sse:after:connection', resume);
  window.addEventListener('online', resume);
  new MutationObserver(settle).observe(find('#scroller'), {childList: true, subtree: true});
}
