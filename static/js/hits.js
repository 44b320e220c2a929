// What a search found, below its box in the side: asked for as HTML, newest first, and older ones by a link.
import {find} from './page.js';
const LOST = '<p class="error">The search did not get through. Type on to try again.</p>';
const PAUSE = 2; // seconds
const form = find('#search'), hits = find('#hits');
const date = new Intl.DateTimeFormat([], {dateStyle: 'medium', timeStyle: 'short'});
let request = null;

export const count = () => hits.querySelectorAll('li').length;

// The answer as HTML; null if another question came meanwhile. One that asks too fast waits its time.
async function ask(address) {
  request?.abort();
  const {signal} = request = new AbortController();
  hits.ariaBusy = 'true';
  for (;;) {
    const answer = await fetch(address, {headers: {'HX-Request': 'true'}, signal}).catch(() => null);
    if (answer?.status === 429) {
      const wait = Number(answer.headers.get('Retry-After')) || PAUSE; // a proxy may not say it
      await new Promise(done => { setTimeout(done, wait * 1000); });
    }
    if (signal.aborted) return null;
    if (answer?.status !== 429) return answer ? answer.text() : LOST;
  }
}

// Localises the times of results, marks the one whose line the page is at, and says how many there are.
function dress() {
  for (const time of hits.querySelectorAll('time')) time.textContent = date.format(new Date(time.dateTime));
  for (const link of hits.querySelectorAll('li a')) {
    link.ariaCurrent = link.pathname === location.pathname ? 'true' : null;
  }
  hits.ariaBusy = null;
  find('#hits-said').textContent = count() ? `${count()} found` : hits.querySelector('p')?.textContent ?? '';
}

// Shows what is found for some words, at most so many; nothing for no words.
export async function show(words, most) {
  if (!words) request?.abort();
  const address = `${form.action}?q=${encodeURIComponent(words)}${most ? `&limit=${most}` : ''}`;
  const found = words && await ask(address);
  if (found === null) return;
  hits.innerHTML = found;
  dress();
}

export async function showOlder(link) {
  const part = document.createElement('template'), found = await ask(link.href);
  if (found === null) return;
  part.innerHTML = found;
  const older = [...part.content.querySelectorAll('li')];
  hits.querySelector('ol').append(...older);
  link.parentElement.replaceWith(...part.content.querySelectorAll('.earlier, .error'));
  dress();
  older[0]?.firstElementChild.focus();
}
