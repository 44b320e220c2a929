// What a reply says of the message that it answers. The log has no copy of those words: a line that comes by the stream
// gets them from the page, if that message is there, and they go when it is removed.
import {find, lastLine, onStream} from './page.js';
const LONGEST = 80; // characters, as in chadchat/domain/replies.py
const SPACES = /[ \t\r\n\u202a-\u202e\u2066-\u2069]+/g; // and what would turn the words around a quote
const quotes = () => [...document.querySelectorAll('.answers[data-to]')];

// The first words of a message, as one line of text; of one without words, the name of its file.
export function words(line) {
  const text = line.querySelector('.text').cloneNode(true), file = text.querySelector('.attachment')?.dataset.file;
  for (const part of text.querySelectorAll('button, .attachment')) part.remove();
  const said = [...text.textContent.replace(SPACES, ' ').replace(/^ | $/g, '') || file || ''];
  return said.length > LONGEST ? `${said.slice(0, LONGEST).join('').replace(/ $/, '')}…` : said.join('');
}

function fill(place, line) {
  if (line.dataset.kind === 'message') place.querySelector('.quote')?.replaceChildren(words(line));
  else if (place.dispatchEvent(new CustomEvent('gone', {bubbles: true, cancelable: true}))) {
    place.textContent = 'to a removed message';
  }
}

// What was pruned cannot be followed any more.
function forget(place) {
  place.querySelector('.quote')?.replaceChildren();
  place.removeAttribute('href');
  delete place.dataset.to;
}

function received({message: {data, event}}) {
  if (event) return;
  const last = lastLine(), before = last?.dataset.before;
  const changed = data.includes('hx-swap-oob') // an answer alters its question, and is a line of its own
    && new DOMParser().parseFromString(data, 'text/html').querySelector('li[hx-swap-oob]');
  if (changed) {
    quotes().filter(place => place.dataset.to === changed.id.slice(2)).forEach(place => fill(place, changed));
  } else if (before) {
    quotes().filter(place => Number(place.dataset.to) < before).forEach(forget);
  } else if (data.includes('data-to=')) {
    const place = last.querySelector('.answers'), line = place && find(`#m-${place.dataset.to}`);
    if (line) fill(place, line);
  }
}

export function start() {
  onStream('htmx:sse:after:message', received);
}
