// The stream: drops events that are shown already, updates the list of people, and shows in a status bar whether the
// stream is connected. CSS delays the bar by two seconds, so that short cuts are not shown.
import {connectNow, isPaused, start as watchConnection} from './connection.js';
import {find, lastLine, onStream, seqOf} from './page.js';
const SHORT = 2000; // milliseconds: a shorter cut is not reported
const PROBE = 4000; // milliseconds in which a server that is there answers
const NO_SEAT = [401, 403, 404, 410];
const UNSEATED = 'You have no seat here any more. Reload to join again.';
const bar = find('#status'), isLost = () => bar.className === 'lost';
let changed = 0; // time of the bar's last change of class
let silence, patience;
let heard = 0; // when the stream was last heard

function say(text, look) {
  if (bar.className === 'ended') return; // ended.js has said why
  if (bar.className !== look) changed = Date.now();
  bar.textContent = text;
  bar.className = look;
}

function lose(reason = 'Connection lost. Trying again…') {
  say(navigator.onLine ? reason : 'You are offline. What you type is kept.', 'lost');
}

// Restarts the silence timer: a half-open connection is only noticed by its silence.
function hear() {
  heard = Date.now();
  clearTimeout(silence);
  silence = setTimeout(connectNow, patience);
}

// A post hangs. If the server answers nothing else either, the stream is dead, too, before its silence says so.
export async function doubt() {
  const since = Date.now();
  try {
    await fetch('/healthz', {cache: 'no-store', signal: AbortSignal.timeout(PROBE)});
  } catch {
    if (heard >= since) return;
    lose();
    connectNow();
  }
}

function opened() {
  hear();
  if (isLost()) say(Date.now() - changed > SHORT ? 'Back. You missed nothing.' : '', 'back');
}

function receive({message}, event) {
  hear();
  const last = lastLine();
  // Events come in order: one that is not after the last line was shown before, and its line may have been removed.
  if (!message.event && last && Number(message.id.split('-')[1]) <= seqOf(last)) event.preventDefault();
}

export function start({heartbeat}) {
  patience = heartbeat * 2500; // milliseconds: 2.5 heartbeats
  watchConnection();
  onStream('htmx:sse:before:connection', ({connection}) => {
    if (connection.attempt && !isLost() && !isPaused()) lose();
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
