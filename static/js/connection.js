// The connection of the room's stream: opens it again without waiting, and pauses it while other tabs have theirs.
import {find, onStream} from './page.js';
const NEVER = 1e9; // milliseconds: 11 days
const AGAIN = {reconnectDelay: 2000, reconnectMaxDelay: 15_000}; // milliseconds, as in the `open` event and _log.html
let connection = null; // the connection object of hx-sse
let paused = false;

export const isPaused = () => paused;

export function connectNow() {
  if (paused) return;
  connection?.delayCanceller?.(); // ends the wait before the next attempt
  connection?.reader?.cancel();
}

// Ends the stream; its place is kept. hx-sse would open it again, so that is put off.
function letGo() {
  Object.assign(connection?.config ?? {}, {reconnectDelay: NEVER, reconnectMaxDelay: NEVER});
  connection?.reader?.cancel();
}

export function pause() {
  if (paused) return;
  paused = true;
  find('#paused').hidden = false;
  letGo();
}

export function resume() {
  if (!paused) return;
  paused = false;
  find('#paused').hidden = true;
  if (!connection) return window.htmx?.trigger('#log', 'wake');
  Object.assign(connection.config, AGAIN);
  connection.delayCanceller?.();
}

export function start() {
  onStream('htmx:before:request', (detail, event) => paused && event.preventDefault()); // the first connection
  onStream('htmx:sse:before:connection', detail => { connection = detail.connection; });
  onStream('htmx:sse:after:message', () => paused && letGo()); // it was on its way
  onStream('htmx:sse:close', () => { connection = null; });
}
