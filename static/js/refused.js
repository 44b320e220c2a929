// A stream that the server refuses because of a limit: until it opens, polling.js says so in the bar and asks for what
// was said. This tells such a refusal from a lost connection.
import {load} from './demand.js';
import {find, onStream} from './page.js';
const SEAT = 'CHADCHAT_LIMIT_SEAT_STREAMS'; // in the sentence of the limit of a seat
const STATUS = {429: 'too_many_streams', 503: 'server_full'};
let cursor = null, polling = null;

async function begin(why, aloud) {
  polling = await load('polling').catch(() => null); // no network: the next refusal asks again
  polling?.begin({find, cursor: () => cursor}, why, aloud);
}

// The first connection. The server says the code, or after ten refusals one line; a proxy says neither.
function refused(event) {
  const {text = '', response} = event.detail.ctx, said = text.match(/too_many_streams|server_full/)?.[0];
  const why = text.includes(SEAT) ? SEAT : said ?? (text.includes('/help#limits') ? STATUS[response.status] : null);
  if (event.target.id !== 'log' || !why) return;
  event.stopImmediatePropagation(); // the connection is not lost
  begin(why, true);
}

// A later one, of which only the status is known: 503 may be a proxy's, and then no poll is answered either.
function refusedAgain(event) {
  const {status} = event.detail;
  if (event.target.id !== 'log' || !STATUS[status]) return;
  begin(STATUS[status], status === 429);
  if (status === 429) event.stopImmediatePropagation();
}

export function start() {
  document.addEventListener('htmx:response:error', refused, true); // before the listeners of stream.js
  document.addEventListener('htmx:sse:error', refusedAgain, true);
  onStream('htmx:sse:after:connection', () => polling?.end());
  onStream('htmx:sse:before:message', ({message}) => { cursor = message.id || cursor; });
  find('#composer')?.addEventListener('htmx:after:request', () => polling?.poll());
}
