// Posts a text or a file, and says what became of it: {seq} if it is stored; {refused, wait} with the words of the
// server and the seconds to wait, if any; {later} with its words, if any, if nobody has said yet that it is stored.
import {load} from './demand.js';
const PATIENCE = 20_000; // milliseconds

// `header` gives a header of the answer by its name.
export function read(status, words, header) {
  if (status === 204) return {seq: Number(header('Location').split('/').pop())};
  if (status < 400 || !words.includes('class="error"')) return {later: ''}; // a proxy's page, not the server's
  if (status >= 500) return {later: words};
  return {refused: words, wait: Number(header('Retry-After'))};
}

async function say(address, {text, key, reply}, sending) {
  const patience = setTimeout(() => sending.abort(), PATIENCE);
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: {'HX-Request': 'true'},
      body: new URLSearchParams({text, key, ...reply && {reply_to: reply.to}}),
      signal: sending.signal,
    });
    return read(answer.status, await answer.text(), name => answer.headers.get(name));
  } finally {
    clearTimeout(patience);
  }
}

export async function post(address, one, sending) {
  try {
    return await (one.file ? (await load('later')).upload(address, one, sending) : say(address, one, sending));
  } catch {
    return {later: ''}; // no network, no answer in time, or one that was cut off
  }
}
