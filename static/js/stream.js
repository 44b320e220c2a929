// The stream: events that are shown already, the people, and a status bar that says whether the stream is there. CSS
// shows the bar after two seconds: less is not worth a word.
import {find, lastLine, onStream, seqOf} from './page.js';
const SHORT = 2000; // milliseconds that nobody has to hear of
const NO_SEAT = [401, 403, 404, 410];
const UNSEATED = 'You have no seat here any more. Reload to join again.';
const bar = find('#status'), isLost = () => bar.className === 'lost';
let connection = null; // of hx-sse: its tries and its waiting
let changed = 0; // when the bar began to look as it does
let silence, patience;

function say(text, look) {
  if (bar.className !== look) changed = Date.now();
  bar.textContent = text;
  bar.className = look;
}

function lose(reason = 'Connection lost. Trying again…') {
  say(navigator.onLine ? reason : 'You are offline. What you type is kept.', 'lost');
}

function connectNow() {
  connection?.delayCanceller?.(); // ends the wait before the next try
  connection?.reader?.cancel();
}

// Half open, a stream only falls silent.
function hear() {
  clearTimeout(silence);
  silence = setTimeout(connectNow, patience);
}

function opened() {
  hear();
  if (isLost()) say(Date.now() - changed > SHORT ? 'Back. You missed nothing.' : '', 'back');
}

function receive({message}, event) {
  hear();
  const last = lastLine();
  // Events come in order: what is not after the last line has been shown, though it may have left the page since.
  if (!message.event && last && Number(message.id.split('-')[1]) <= seqOf(last)) event.preventDefault();
}

export function start({heartbeat}) {
  patience = heartbeat * 2500; // milliseconds: two heartbeats are missing
  onStream('htmx:sse:before:connection', detail => {
    connection = detail.connection;
    if (connection.attempt && !isLost()) lose();
  });
  onStream('htmx:sse:after:connection', opened);
  onStream('htmx:sse:before:message', receive);
  onStream('htmx:sse:error', ({status}) => lose(NO_SEAT.includes(status) ? UNSEATED : undefined));
  for (const name of ['htmx:response:error', 'htmx:error']) onStream(name, () => lose()); // the first connection
  onStream('people', ({data}) => {
    find('#people').outerHTML = data;
    find('#count').textContent = find('#people').dataset.count;
  });
  window.addEventListener('offline', () => lose());
  window.addEventListener('online', connectNow);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && isLost()) connectNow();
  });
}
