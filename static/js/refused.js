// A stream that the server refuses because of a limit: the bar says why and what to do, and until the stream opens the
// page asks every few seconds for what was said (`poll=1`, which holds no stream). Its events are those of a stream.
import {find, onStream} from './page.js';
const EVERY = 4000; // milliseconds
const SEAT = 'CHADCHAT_LIMIT_SEAT_STREAMS'; // in the sentence of the limit of a seat
const WORDS = {
  too_many_streams: 'Many pages are open in your network, so new messages come every few seconds here. Yours go out.'
    + ' Close other tabs, or ask the host to raise CHADCHAT_LIMIT_STREAMS.',
  [SEAT]: 'You have this room open in too many places, so new messages come every few seconds here.'
    + ' Yours go out. Close one of the others.',
  server_full: 'This server is full, so new messages come every few seconds here. Yours go out.'
    + ' The host can raise CHADCHAT_LIMIT_ALL_STREAMS.',
};
const STATUS = {429: 'too_many_streams', 503: 'server_full'};
const bar = find('#status');
let timer = null, cursor = null, code = null, polls = Promise.resolve();

function say() {
  if (bar.textContent !== WORDS[code]) bar.textContent = WORDS[code]; // else a screen reader would say it again
  bar.className = 'lost'; // so that stream.js says when the stream is there
  bar.dataset.refused = code;
}

function begin(why) {
  code = why;
  timer ??= setInterval(poll, EVERY);
}

function end() {
  clearInterval(timer);
  timer = null;
  delete bar.dataset.refused;
}

async function take(block) {
  const log = find('#log'), lines = block.split('\n'), field = name => lines.filter(line => line.startsWith(name));
  const [id] = field('id: '), [event] = field('event: '), data = field('data: ').map(line => line.slice(6)).join('\n');
  const message = {data, id: id?.slice(4), event: event?.slice(7) ?? ''};
  const tell = name => log.dispatchEvent(
    new CustomEvent(`htmx:sse:${name}:message`, {bubbles: true, cancelable: true, detail: {message}}));
  if (message.event) return window.htmx.trigger(log, message.event, {data}); // a `reset`
  if (!tell('before')) return null;
  await window.htmx.swap({sourceElement: log, target: log, swap: 'beforeend', text: data});
  return tell('after');
}

async function ask() {
  const [path, query] = find('#log').getAttribute('hx-sse:connect').split('?');
  const since = cursor ?? new URLSearchParams(query).get('since');
  const answer = await fetch(`${path}?as=html&poll=1&since=${since}`).catch(() => null); // no network: the bar says so
  const text = answer?.ok ? await answer.text() : '';
  if (!timer || !answer?.ok) return;
  say();
  for (const block of text.split('\n\n')) if (block) await take(block);
}

function poll() {
  if (timer) polls = polls.then(ask, ask); // one after the other
}

// The first connection. The server says the code, or after ten refusals one line; a proxy says neither.
function refused(event) {
  const {text = '', response} = event.detail.ctx, said = text.match(/too_many_streams|server_full/)?.[0];
  const why = text.includes(SEAT) ? SEAT : said ?? (text.includes('/help#limits') ? STATUS[response.status] : null);
  if (event.target.id !== 'log' || !why) return;
  event.stopImmediatePropagation(); // the connection is not lost
  begin(why);
  say();
}

// A later one, of which only the status is known: 503 may be a proxy's, and then no poll is answered either.
function refusedAgain(event) {
  const {status} = event.detail;
  if (event.target.id !== 'log' || !STATUS[status]) return;
  begin(STATUS[status]);
  if (status === 429) event.stopImmediatePropagation();
  if (status === 429) say();
}

export function start() {
  document.addEventListener('htmx:response:error', refused, true); // before the listeners of stream.js
  document.addEventListener('htmx:sse:error', refusedAgain, true);
  onStream('htmx:sse:after:connection', end);
  onStream('htmx:sse:before:message', ({message}) => { cursor = message.id || cursor; });
  find('#composer')?.addEventListener('htmx:after:request', poll);
}
