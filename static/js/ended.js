// Says why the stream was ended or refused, in the server's own words, and where to go on: the server knows whether
// this reader was banned, removed or signed out, and whether the room was closed or has a new code.
import {find, onStream} from './page.js';
const REFUSED = [401, 403, 404, 410];
const bar = find('#status');

function say(room, {error, moved}) {
  const link = document.createElement('a');
  link.href = `/${room}`; // the old code leads a member to the new one
  link.textContent = moved ? `Go to ${moved}` : 'Reload';
  bar.className = 'ended';
  bar.replaceChildren(`${error} `, link);
  find('#composer .primary').disabled = true;
}

async function ask({room, me}) {
  if (bar.className === 'ended') return;
  const address = `/${room}/sse?poll=1&since=none&me=${me}`;
  try {
    const answer = await fetch(address, {headers: {Accept: 'application/json'}});
    if (REFUSED.includes(answer.status)) say(room, await answer.json());
  } catch { // no network, or an answer of something else in between: the bar says that the connection is lost
  }
}

// A stream that opens again, as after joining again in another tab.
function reopened() {
  if (bar.className !== 'ended') return;
  bar.className = bar.textContent = '';
  find('#composer .primary').disabled = false;
}

export function start(room) {
  onStream('end', () => ask(room));
  onStream('open', reopened);
}
