// What is on its way. Each text and each file is a pale line below the log until the stream has brought the real one.
// They go out one after the other, in order, and again and again with the same key until the server has said what
// became of them. Files have a lane of their own, so that no text waits for one.
import {find, onStream} from './page.js';
import {addLine, goesOut, itsTurn, leftBehind, noAnswer, show, wordsOf} from './pale.js';
import {post} from './post.js';
import {drop, isQueued, laneOf, next, push, remember, settle, unsent} from './queue.js';
import {doubt} from './stream.js';
const FIRST = 2000, LAST = 15_000; // milliseconds between tries
const HANGS = 3000; // milliseconds after which an answer is late
const lanes = [0, 1], sending = [], timers = [], pause = [FIRST, FIRST]; // texts, files
let address, giveBack;

function refuse(one, {refused, wait}) {
  if (!one.tried && unsent().length === 1 && giveBack(one, refused, wait)) return drop(one);
  one.held = !wait;
  one.until = wait && Date.now() + wait * 1000;
  show(one.line, wait ? 'waiting' : 'held', wordsOf(refused));
  if (wait) timers[laneOf(one)] = setTimeout(pump, wait * 1000, laneOf(one));
}

function retryLater(one, later) {
  const lane = laneOf(one);
  one.tried = true;
  show(one.line, 'waiting', later ? goesOut(later) : noAnswer());
  timers[lane] = setTimeout(pump, pause[lane], lane);
  pause[lane] = Math.min(pause[lane] * 2, LAST);
}

async function pump(lane) {
  clearTimeout(timers[lane]);
  const one = next(lane), name = one?.file?.name;
  if (sending[lane] || !one || one.held) return;
  sending[lane] = Object.assign(new AbortController(), {since: Date.now(), one});
  one.until = 0;
  show(one.line, 'sending', 'Sending…', name);
  const late = lane ? 0 : setTimeout(doubt, HANGS), answer = await post(address, one, sending[lane]);
  const {seq, later} = answer;
  clearTimeout(late);
  sending[lane] = null;
  if (!isQueued(one)) return pump(lane); // cancelled, or there already
  one.seq = seq;
  if (answer.refused) refuse(one, answer);
  if (later !== undefined) retryLater(one, later);
  if (!seq && !answer.refused) return remember();
  if (seq) show(one.line, 'sent', 'Sent.', name);
  pause[lane] = FIRST;
  remember();
  settle();
  if (!one.until) pump(lane);
}

// The network is back: what waits goes out at once, and a text that hangs is tried anew.
function resume() {
  if (sending[0] && Date.now() - sending[0].since > HANGS) sending[0].abort();
  pause.fill(FIRST);
  for (const lane of lanes) if (!(next(lane)?.until > Date.now())) pump(lane);
}

function add(one) {
  one.held ||= Boolean(one.file && !one.file.slice);
  push(one);
  one.line = addLine(one, what => act(one, what));
  show(one.line, one.held ? 'held' : 'queued', one.held ? leftBehind(one) : itsTurn());
}

function act(one, what) {
  const lane = laneOf(one);
  if (what === 'edit') giveBack(one, '', 0, true);
  if (what === 'cancel' && (one.text || one.reply)) giveBack({...one, file: null}, '', 0, true);
  if (what === 'now') one.held = one.until = false;
  else drop(one);
  if (sending[lane]?.one === one) sending[lane].abort();
  pump(lane);
}

// Each is {key, text, reply, file}, `reply` being what it answers, if anything. One that was kept over a reload may be
// stored already (`tried`).
export function send(all) {
  for (const one of all) add(one);
  remember();
  lanes.forEach(pump);
}

export function start(to, back) {
  [address, giveBack] = [to, back];
  onStream('htmx:sse:after:connection', resume);
  window.addEventListener('online', resume);
  window.addEventListener('beforeunload', event => unsent().some(({file}) => file?.slice) && event.preventDefault());
  new MutationObserver(settle).observe(find('#scroller'), {childList: true, subtree: true});
}
