// The line above the box that says who else is typing: three names, and how many others. It is no live region, so that
// screen readers do not read it out. A stream that is lost, or begins, knows of nobody until the server says more.
import {find, onStream} from './page.js';
const NAMED = 3;
const line = find('#typing');
const list = new Intl.ListFormat('en-GB');

function isolated(name) {
  const one = document.createElement('bdi');
  one.textContent = name;
  return one;
}

function show(people, count) {
  const named = people.slice(0, NAMED).map(({name}) => name), others = count - named.length;
  if (others > 0) named.push(others === 1 ? '1 other' : `${others} others`);
  const words = list.formatToParts(named).map(({type, value}) => type === 'element' ? isolated(value) : value);
  line.replaceChildren(...words, count ? count === 1 ? ' is typing' : ' are typing' : '');
}

export function start({me}) {
  if (!line) return;
  onStream('typing', ({data}) => {
    const {people, count} = JSON.parse(data), others = people.filter(({member}) => member !== me);
    show(others, count - people.length + others.length);
  });
  for (const lost of ['htmx:sse:before:connection', 'htmx:sse:error', 'reset']) onStream(lost, () => show([], 0));
  window.addEventListener('offline', () => show([], 0));
}
