// A page that is only read needs little. What serves acts (later.js) is loaded at the first sign of one: a pointer over
// the page, a key; else after some seconds. A press that comes before it is there waits for it.
import {load} from './demand.js';
import {withStorage} from './drafts.js';
import {find, onStream} from './page.js';
const LATEST = 10_000; // milliseconds after which it is loaded anyway: an act may come when the network has gone
const SIGNS = ['pointerover', 'pointerdown', 'keydown', 'click', 'dragenter'];
const WAITS = '#emoji, .invite, [data-share], #log .who a, #people a, .reactions button, .asked :is(button, .button), '
  + '#log :is(.picture, .whole, .answers), .search-link';
let room, ready = null, begun = false;

export const isReady = () => begun;

// Whether the page was opened at a line that a search has found (search.js).
const isSearching = code => find('.here') && withStorage(() => sessionStorage.getItem(`search ${code}`));

function style() {
  const link = Object.assign(document.createElement('link'), {rel: 'stylesheet', href: find('#modules').dataset.style});
  return new Promise((loaded, failed) => {
    Object.assign(link, {onload: loaded, onerror: failed});
    document.head.append(link);
  });
}

export function prepare() {
  ready ??= Promise.all([load('later'), style()]).then(([{start: begin}]) => {
    for (const name of SIGNS) document.removeEventListener(name, act, true);
    begin(room);
    begun = true;
  }, error => {
    ready = null; // no network: the next act asks again
    throw error;
  });
  return ready;
}

function act(event) {
  const {type, key, target} = event, isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const isKey = type === 'keydown' && (key === 'ArrowUp' && target.id === 'text' || target.closest?.('#scroller'));
  const again = isPlain && (type === 'click' ? target.closest?.(WAITS) : isKey);
  if (type === 'click' && again) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  // A key goes where the one before it has led.
  const repeat = () => (isKey ? document.activeElement : target).dispatchEvent(new event.constructor(type, event));
  prepare().then(() => again && repeat(), () => {}); // without a network links and forms do it
}

export function start(data) {
  room = data;
  for (const name of SIGNS) document.addEventListener(name, act, true);
  setTimeout(() => prepare().catch(() => {}), LATEST);
  find('#emoji').hidden = false;
  if (isSearching(data.room)) prepare().catch(() => {});
  onStream('htmx:sse:after:message', ({message}) => message.data.includes('data-by') && prepare().catch(() => {}));
}
